package config

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// asyncRuntime is the extension of the Python original that is none: the
// settings of its queue.
const asyncRuntime = "async_runtime"

// queue is what async_runtime says, with the defaults and the least values of the original.
type queue struct {
	written    bool
	mode       string // task or queue
	size       int
	workers    int
	policy     string
	putTimeout time.Duration
	keys       map[string]bool // that are written
}

// asyncRuntimeOf reads the extension; problems says what is wrong with it, by key.
func asyncRuntimeOf(all Extensions) (q queue, problems map[string]string) {
	q = queue{mode: "task", size: 10000, workers: 1, policy: "drop_newest", putTimeout: 10 * time.Millisecond}
	e := all.find(asyncRuntime)
	if e == nil {
		return q, nil
	}
	q.written, q.keys, problems = true, map[string]bool{}, map[string]string{}
	queueMode := (*bool)(nil)
	for key, value := range e.Settings {
		q.keys[key] = true
		if err := q.set(key, value, &queueMode); err != nil {
			problems[key] = err.Error()
		}
	}
	if queueMode != nil {
		q.mode = "task"
		if *queueMode {
			q.mode = "queue"
		}
	}
	return q, problems
}

// runtimeKeys are the settings of async_runtime.
func runtimeKeys() []string {
	return []string{"mode", "queue_mode", "max_queue_size", "worker_count", "overflow_policy", "put_timeout_seconds"}
}

func (q *queue) set(key string, value any, queueMode **bool) error {
	if value == nil {
		return errors.New("it can't be null; remove the key or write its value")
	}
	text := strings.ToLower(fmt.Sprint(value))
	n, numErr := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if numErr == nil && (math.IsNaN(n) || math.Abs(n) > math.MaxInt32) {
		numErr = strconv.ErrRange
	}
	switch key {
	case "mode":
		if text != "task" && text != "queue" {
			return fmt.Errorf("%q is not possible (values are task, queue)", text)
		}
		q.mode = text
	case "queue_mode":
		b, ok := boolOf(text)
		if !ok {
			return fmt.Errorf("it must be true or false")
		}
		*queueMode = &b
	case "overflow_policy":
		if !slices.Contains([]string{"drop_newest", "drop_oldest", "block_with_timeout"}, text) {
			return fmt.Errorf("%q is not possible%s", text, possible("values", text, []string{"drop_newest", "drop_oldest", "block_with_timeout"}))
		}
		q.policy = text
	case "max_queue_size", "worker_count", "put_timeout_seconds":
		if numErr != nil {
			return fmt.Errorf("it must be a number")
		}
		switch key {
		case "max_queue_size":
			q.size = max(100, int(n))
		case "worker_count":
			q.workers = max(1, int(n))
		default:
			q.putTimeout = max(time.Millisecond, time.Duration(n*float64(time.Second)))
		}
	default:
		return fmt.Errorf("unknown key%s", didYouMean(key, runtimeKeys()))
	}
	return nil
}

// checkRuntime checks async_runtime. A key of another type of program is a warning: the original takes any.
func (c *checker) checkRuntime() {
	q, problems := asyncRuntimeOf(c.config.Extensions)
	at := "extensions." + asyncRuntime
	for _, key := range sortedKeys(problems) {
		if slices.Contains(runtimeKeys(), key) {
			c.errorf(join(at, key), "%s: %s", join(at, key), problems[key])
		} else {
			c.warnf(join(at, key), "%s: %s", join(at, key), problems[key])
		}
	}
	if q.keys["max_queue_size"] {
		c.warnf(join(at, "max_queue_size"), "%s.max_queue_size has no effect: the bytes of the journal bound what may wait (journal.quota)", at)
	}
	if q.keys["worker_count"] {
		c.warnf(join(at, "worker_count"), "%s.worker_count has no effect: every destination has a worker of its own", at)
	}
}

// defaultPolicy is the overflow policy of destinations that write none, OverflowDefault when async_runtime says nothing.
func (q *queue) defaultPolicy() (OverflowKind, time.Duration) {
	if q.mode != "queue" && !q.keys["overflow_policy"] {
		return OverflowDefault, 0
	}
	switch q.policy {
	case "drop_oldest":
		return OverflowDropOldest, 0
	case "block_with_timeout":
		return OverflowBlockTimeout, q.putTimeout
	}
	return OverflowDropNewest, 0
}

// limit is how many records may wait for a destination, 0 when async_runtime says nothing.
func (q *queue) limit() int {
	if q.keys["max_queue_size"] {
		return q.size
	}
	return 0
}
