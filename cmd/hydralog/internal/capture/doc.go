// Package capture keeps the output of a command in files until it is accepted.
//
// The command writes its standard output and standard error to files in a state
// directory, which belong to nobody's life: when hydralog is killed the command
// writes on, and when the command is killed its last bytes are there. A follower
// reads the files and keeps in a cursor how far their lines have been accepted;
// the space behind the cursor is given back to the file system, so that a file
// is long but sparse.
//
//	<state directory>/capture/lock              held while a hydralog starts
//	<state directory>/capture/<time>-<pid>/
//	    lock       held by the hydralog that follows
//	    run.json   the command, and what its lines become
//	    stdout     written by the command; likewise stderr
//	    cursor     how far the files are accepted, in two slots
//	    intent     the batch that is being accepted
//
// # Exactly once
//
// A batch of records goes into the journal between two writes: first the
// intent, which lists where each record ends in the file and a key of its time
// and text; then, when the journal has them, the cursor. A hydralog that was
// killed in between left an intent that no cursor confirms. The next start looks
// at the end of the journal for the longest run of these keys, and moves the
// cursor behind the records that are there. Only where a program writes the
// same line with the same time of its own over and over, this can't be told
// apart; then a line may come twice, but none is lost. The same holds where a
// processor changes the text of records, and after a loss of power.
package capture
