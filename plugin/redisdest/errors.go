package redisdest

import (
	"errors"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/hydra-logger/hydra/destination"
)

// outcome is the error table: what an error means for one record.
//
//	larger than proto-max-bulk-len ("invalid bulk length")   reject: it will never be taken
//	WRONGTYPE, the key is no stream                          retry: somebody can remove it
//	OOM, READONLY, LOADING, MASTERDOWN, MISCONF, BUSY        retry: it passes
//	NOAUTH, WRONGPASS, NOPERM                                retry: somebody can mend it
//	no connection, connection lost, time-out                 retry
//	anything else                                            retry
func outcome(err error) error {
	switch {
	case err == nil || errors.Is(err, redis.Nil):
		return nil
	case strings.Contains(err.Error(), "invalid bulk length"):
		return destination.Reject(err)
	}
	return destination.Retry(err, 0)
}

// answered says that the server has answered: the connection is sound, and the answer is about one command.
func answered(err error) bool {
	var e redis.Error
	return errors.As(err, &e)
}
