package hydra

import (
	"cmp"
	"slices"

	"github.com/hydra-logger/hydra/health"
)

// volumes finds the messages with the most bytes in bounded memory: the space-saving algorithm (Metwally,
// Agrawal, El Abbadi 2005). When there is no room, a new message takes the place of the smallest and its count, by
// which it may then be too large. A message with more than 1/maxVolumes of all bytes is never missing.
type volumes struct {
	list  []health.Volume
	place map[volumeKey]int
}

type volumeKey struct{ layer, message string }

const maxVolumes = 256

func (v *volumes) add(layer, message string, records, bytes uint64) {
	i, known := v.place[volumeKey{layer, message}]
	switch {
	case known:
	case len(v.list) < maxVolumes:
		i = len(v.list)
		v.list = append(v.list, health.Volume{})
		v.put(i, layer, message)
	default:
		i = v.smallest()
		old := &v.list[i]
		delete(v.place, volumeKey{old.Layer, old.Message})
		old.Over, old.Records = old.Bytes, 0
		v.put(i, layer, message)
	}
	v.list[i].Records += records
	v.list[i].Bytes += bytes
}

// put names an element; the strings are copied, they live in memory that is used again.
func (v *volumes) put(i int, layer, message string) {
	if v.place == nil {
		v.place = map[volumeKey]int{}
	}
	k := volumeKey{string([]byte(layer)), string([]byte(message))}
	v.list[i].Layer, v.list[i].Message = k.layer, k.message
	v.place[k] = i
}

func (v *volumes) smallest() int {
	least := 0
	for i := range v.list {
		if v.list[i].Bytes < v.list[least].Bytes {
			least = i
		}
	}
	return least
}

// largest returns a copy of the n largest, largest first.
func (v *volumes) largest(n int) []health.Volume {
	out := slices.Clone(v.list)
	sortVolumes(out)
	return slices.Clip(out[:min(n, len(out))])
}

func sortVolumes(list []health.Volume) {
	slices.SortFunc(list, func(a, b health.Volume) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(a.Layer, b.Layer), cmp.Compare(a.Message, b.Message))
	})
}
