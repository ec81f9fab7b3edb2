package record

// Limits bound what one record may hold. What is beyond is replaced by a mark that says how much was cut.
// A zero field means its default; a nil *Limits means all defaults.
type Limits struct {
	// Depth is how deep groups, lists, structs and maps nest in one attribute. At most 100. Default: 32.
	Depth int
	// Elements is how many fields, entries and elements one attribute holds in all. Of a map with more,
	// which entries are kept is not defined. Default: 10000.
	Elements int
	// String is the longest string, byte slice or message, in bytes. Default: 256 KiB.
	String int
	// Attributes is the size of the attributes of one call in their binary form, in bytes, and that of all
	// bound attributes. Default: 1 MiB.
	Attributes int
	// Errors is how many wrapped errors are kept of one error. Default: 32.
	Errors int
}

const (
	defaultDepth      = 32
	defaultElements   = 10_000
	defaultString     = 256 << 10
	defaultAttributes = 1 << 20
	defaultErrors     = 32

	maxLimitDepth = 100 // with the groups of a Bound, the sum stays under MaxDepth
	maxBoundDepth = MaxDepth - maxLimitDepth - 1
)

// withDefaults returns l with its zero fields filled in.
func (l *Limits) withDefaults() Limits {
	var r Limits
	if l != nil {
		r = *l
	}
	r.Depth = min(orDefault(r.Depth, defaultDepth), maxLimitDepth)
	r.Elements = orDefault(r.Elements, defaultElements)
	r.String = orDefault(r.String, defaultString)
	r.Attributes = orDefault(r.Attributes, defaultAttributes)
	r.Errors = orDefault(r.Errors, defaultErrors)
	return r
}

func orDefault(v, def int) int {
	if v <= 0 {
		return def
	}
	return v
}
