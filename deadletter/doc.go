// Package deadletter keeps the records that a destination did not take: those that it rejected, and those
// that failed as often as the configuration allows. Each has the reason with it, and the record in its binary form, so
// that it can be delivered again when the cause is mended: see hydra.ReplayDeadLetters and `hydralog dead-letter`.
//
// A directory belongs to one destination of one logger:
//
//	<state directory>/dead-letter/<destination>/LOCK                held while files change
//	<state directory>/dead-letter/<destination>/<number %016x>.dead letters, oldest first
//
// Several processes may use it at once: a service that adds letters, and the operator's hydralog that removes them.
// When the directory reaches its limit, or a file its age, the oldest file is removed and its letters are counted.
//
// File format, little endian: 8 bytes "HYDEAD" and the version as two bytes, then frames of
//
//	0   4   length of what follows the checksum
//	4   4   CRC32C of what follows
//	8   8   when it became a dead letter, unix ns
//	16  16  id of the journal that it came from
//	32  8   position in it
//	40  8   time of the record, unix ns
//	48  8   level
//	56  4   failed tries
//	60  2   length of the cause
//	62  2   length of the reason
//	64  …   cause, reason, record
//
// A frame that is not whole ends its file: the process died while it wrote.
package deadletter
