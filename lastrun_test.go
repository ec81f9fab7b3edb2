package hydra

import "testing"

func TestTheReasonOfACrashIsItsFirstLineOrTheFunctionOfAFatalError(t *testing.T) {
	for text, want := range map[string]string{
		"panic: no stock\n\ngoroutine 1 [running]:\nmain.main()\n\t/x.go:1": "panic: no stock",
		"fatal error: all goroutines are asleep - deadlock!\n":              "fatal error: all goroutines are asleep - deadlock!",
		"goroutine 9 [running]:\ninternal/runtime/maps.fatal({0xa5163c?, 0x0?})\n\truntime/panic.go:1181 +0x18\nmain.(*stock).add(0x1, {0x2, 0x3})\n\tmain.go:54 +0x28\n": "a fatal error of the runtime in main.(*stock).add",
		"goroutine 9 [running]:\nruntime.throw({0xa5163c?, 0x0?})\n\truntime/panic.go:1181 +0x18\n\ngoroutine 1 [sleep]:\nmain.main()\n":                                  "a fatal error of the runtime",
		"goroutine 9 [running]:\nruntime.throw({0xa5163c?, 0x0?})\n\truntime/panic.go:1181 +0x18\ncreated by main.main in goroutine 1\n\tx.go:1":                          "a fatal error of the runtime",
		"": "",
	} {
		if got := crashReason(text); got != want {
			t.Errorf("%q of %q, want %q", got, text, want)
		}
	}
}
