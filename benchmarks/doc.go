// Command benchmarks measures Hydra-Logger against its peers and prints a table
// with the ratios to the best of them. From the root of the repository:
//
//	go run ./benchmarks            every table, some minutes
//	go run ./benchmarks -quick     the same tables from smaller runs
//	go run ./benchmarks -full      more rounds and larger runs
//	go run ./benchmarks -only NAME one table (see -list)
//	go run ./benchmarks -json      the figures for programs
//
// It exits with 1 when a target is missed.
//
// # How it measures
//
// Every figure of a table comes from one run of this program. The loggers take
// turns (A B C A B C ...), beginning with another one in each round, and a
// figure is the median of its rounds, so that a machine that is busy for a while
// is busy for all. The ratios are between medians of the same run: compare
// ratios between machines, not nanoseconds.
//
// The event is the same for all: ten fields (service, correlation id, int,
// int64, float64, bool, duration, time, url, error), about 300 bytes of JSON.
// A test parses what every logger wrote and compares each value. Where a logger
// offers several ways to write a value, the fastest that says the same is used.
//
// Every logger has its own loop over the records, written with its own calls.
// An interface call for each record would cost about 2 ns, but it would also move
// arguments to the heap that a direct call leaves on the stack, which costs some
// loggers and not others. Latencies are taken of single calls through the same
// loops with a length of one: about 2 ns for the function value, and about 45 ns
// for the clock, in the figure of every logger alike.
//
// The peers of "caller" write JSON to nowhere. Hydra-Logger's row has durability
// "process": every record is kept in a mapped segment on a disk file system and
// delivered by a running worker, which formats it as JSON lines and counts it.
// The run is as long as it takes to fill 40 segments of 16 MiB, and the ledger
// must account for each record; one that is not delivered fails the run.
//
// Before a round that makes files, a file of that size is written and removed. Virtual
// machines that give free memory back to their host pay for the first touch of a
// page many times the price of the page, to whichever logger comes first.
package main
