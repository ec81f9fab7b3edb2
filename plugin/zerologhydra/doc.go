// Package zerologhydra lets programs that log with github.com/rs/zerolog write to Hydra-Logger.
//
//	logger := zerolog.New(zerologhydra.NewWriter(log)).With().Timestamp().Logger().Hook(zerologhydra.IDs{})
//
// Call sites stay as they are. Each JSON line that zerolog writes becomes a record: level, time and message by the names that
// zerolog's package variables give them, all other fields under their own names, in order, with their type (an integer stays
// one). An object is a group. The fields correlation_id, causation_id and message_id, and trace_id with span_id, become the
// record's ids; [IDs] adds them from the context of an event. A string field "layer" picks the layer, and is not written.
//
// Levels are those of the same names; Panic and Fatal are CRITICAL, and are delivered before zerolog panics or exits. The layer's
// level decides what is written; zerolog's own level is asked first.
package zerologhydra
