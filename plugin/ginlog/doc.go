package ginlog
