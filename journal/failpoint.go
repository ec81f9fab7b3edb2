package journal

// The places of the failpoints.
const (
	failNone           = iota
	failAfterClaim     // the place is claimed in the heap, nothing is in the file
	failAfterMark      // the claim word is stored
	failHalfCopy       // half of the payload is copied
	failBeforeCommit   // all but the commit word is stored
	failSpareCreated   // a spare exists under its temporary name
	failHeaderWritten  // its header is written
	failSpareRenamed   // it has its name
	failPublished      // producers use it
	failSealed         // the seal of an old segment is written
	failUnmapped       // its mapping is gone
	failCursorSynced   // the cursors beyond a segment are in their files
	failSegmentRemoved // the segment is unlinked
	failRecycled       // a segment was renamed away to be used again
)
