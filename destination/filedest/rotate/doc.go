// Package rotate holds the parts of file rotation that know no records: when a
// file is due, what a rotated file is called, how it is compressed, which ones
// are kept, and the small note beside the file that outlives the process.
package rotate
