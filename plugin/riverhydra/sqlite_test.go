package riverhydra_test

import _ "modernc.org/sqlite" // the database of the tests, without a server
