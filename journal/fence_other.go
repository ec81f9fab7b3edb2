//go:build race || !linux || !amd64

package journal

// lightCommits: a commit is an atomic store everywhere but where [fence] can stand in for what that does more.
const lightCommits = false

func canFence() bool { return false }

func fence() {}
