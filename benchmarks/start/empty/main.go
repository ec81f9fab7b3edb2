// Command empty is what the programs that import a logger are compared with.
package main

func main() {}
