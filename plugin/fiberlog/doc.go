package fiberlog
