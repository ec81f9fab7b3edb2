package config

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// tags checks the fields of a struct whose tags say what is possible: "enum"
// lists the values, "range" is "low..high", each of which may be missing.
func (c *checker) tags(path string, structure any) {
	v := reflect.ValueOf(structure).Elem()
	for i := range v.NumField() {
		f := v.Type().Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		at := join(path, name)
		if enum := f.Tag.Get("enum"); enum != "" {
			c.oneOf(at, v.Field(i).String(), strings.Split(enum, ",")...)
		}
		if limits := f.Tag.Get("range"); limits != "" {
			c.limits(at, v.Field(i), limits)
		}
	}
}

func (c *checker) limits(path string, v reflect.Value, limits string) {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return
		}
		v = v.Elem()
	}
	low, high, _ := strings.Cut(limits, "..")
	if n, err := strconv.ParseInt(low, 10, 64); err == nil && v.Int() < n {
		c.errorf(path, "%s: %d is out of range; it is %s", path, v.Int(), inWords(low, high))
	}
	if n, err := strconv.ParseInt(high, 10, 64); err == nil && v.Int() > n {
		c.errorf(path, "%s: %d is out of range; it is %s", path, v.Int(), inWords(low, high))
	}
}

func inWords(low, high string) string {
	if high == "" {
		return "at least " + low
	}
	return fmt.Sprintf("%s to %s", low, high)
}
