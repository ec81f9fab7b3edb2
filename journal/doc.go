// Package journal is a durable queue for many producers in one process and
// several independent consumers, kept in memory-mapped segment files.
//
// It stores bytes with an opaque 16-bit tag and an 8-bit priority. It knows no
// level, no layer and no format.
//
// # Invariants
//
//   - I1 Append returned nil: the record's commit word is in a shared mapping of
//     a file (or its pwrite returned), so the record survives SIGKILL, a panic, an
//     OOM kill and a fatal error of the runtime.
//   - I2 No accepted record is lost because another producer's record is unfinished.
//   - I3 Segments are the only truth. Cursors and the JOURNAL file may be deleted
//     at any time: the effect is duplicates, never loss and never a refusal to start.
//   - I4 A cursor moves only on acknowledgement by its destination, or on an explicit,
//     counted drop, never on read. It also moves past records that its route excludes.
//   - I5 A file is unlinked only after every required cursor past it is durable.
//   - I6 Every loss is by policy, counted in records and bytes, and visible.
//   - I7 No user code, no allocation, no lock and no call but memmove happens between
//     the claim of a record's place and its commit.
//   - I8 A position is never used twice, even if the tail was lost.
package journal
