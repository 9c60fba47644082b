package engine

import (
	"net"
	"strconv"
)

// splitAddr takes host:port apart.
func splitAddr(addr string) (host string, port int) {
	host, p, _ := net.SplitHostPort(addr)
	port, _ = strconv.Atoi(p)
	return host, port
}
