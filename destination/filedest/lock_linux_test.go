package filedest

// lockTellsTheFirst says whether the first of two writers learns of the second.
const lockTellsTheFirst = true
