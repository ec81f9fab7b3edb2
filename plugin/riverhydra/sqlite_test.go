//go:build !race

package riverhydra_test

import _ "modernc.org/sqlite" // the database of the tests, without a server; for the race detector it takes minutes to compile
