//go:build linux

package tests

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hydra-logger/hydra/destination/gelfdest"
)

// capture writes datagrams as a file that tshark reads: pcap, link type 101 (raw IP).
func capture(t *testing.T, datagrams [][]byte) string {
	t.Helper()
	var f bytes.Buffer
	for _, v := range []any{uint32(0xa1b2c3d4), uint16(2), uint16(4), int32(0), uint32(0), uint32(1 << 16), uint32(101)} {
		_ = binary.Write(&f, binary.LittleEndian, v)
	}
	for _, d := range datagrams {
		size := 28 + len(d)
		for _, v := range []uint32{1700000000, 0, uint32(size), uint32(size)} {
			_ = binary.Write(&f, binary.LittleEndian, v)
		}
		ip := [20]byte{0: 0x45, 8: 64, 9: 17, 12: 127, 15: 1, 16: 127, 19: 1}
		binary.BigEndian.PutUint16(ip[2:], uint16(size))
		udp := [8]byte{}
		binary.BigEndian.PutUint16(udp[0:], 40000)
		binary.BigEndian.PutUint16(udp[2:], 12201)
		binary.BigEndian.PutUint16(udp[4:], uint16(8+len(d)))
		f.Write(ip[:])
		f.Write(udp[:])
		f.Write(d)
	}
	path := filepath.Join(t.TempDir(), "gelf.pcap")
	if err := os.WriteFile(path, f.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestWiresharkReadsOurGELF(t *testing.T) {
	tshark := needs(t, "tshark", "tshark")
	for _, compress := range []gelfdest.Compress{gelfdest.CompressGzip, gelfdest.CompressZlib, gelfdest.CompressNone} {
		l, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		d, err := gelfdest.New(gelfdest.Options{Address: l.LocalAddr().String(), Compress: compress, ChunkSize: 1000})
		if err != nil {
			t.Fatal(err)
		}
		noise := make([]byte, 6000) // does not compress much
		for i := range noise {
			noise[i] = "0123456789abcdef"[rand.N(16)]
		}
		insist(t, d, socketBatch(0, 2, func(n int) string {
			return fmt.Sprintf(`{"version":"1.1","host":"web%d","short_message":"order taken","_noise":%q}`, n, noise[:10+n*5000])
		}))
		datagrams := receive(t, l, 2*time.Second)
		_ = d.Close(context.Background())
		_ = l.Close()
		out, err := exec.Command(tshark, "-r", capture(t, datagrams), "-d", "udp.port==12201,gelf", "-T", "fields", "-e", "gelf.reassembled.length",
			"-e", "gelf.chunk.count", "-e", "gelf.invalid_header", "-e", "gelf.broken_compression", "-e", "gelf.fragment.error", "-e", "json.value.string").Output()
		if err != nil {
			t.Fatal(err)
		}
		text := string(out)
		if len(datagrams) < 4 || strings.Count(text, "order taken") != 2 || !strings.Contains(text, "web0") || !strings.Contains(text, "web1") ||
			complaints(text) {
			t.Errorf("%s, %d datagrams: tshark says\n%.1000s", compress, len(datagrams), text)
		}
	}
}

// receive reads until nothing more comes.
func receive(t *testing.T, l *net.UDPConn, first time.Duration) (datagrams [][]byte) {
	t.Helper()
	buf := make([]byte, 1<<16)
	for wait := first; ; wait = 200 * time.Millisecond {
		_ = l.SetReadDeadline(time.Now().Add(wait))
		n, err := l.Read(buf)
		if err != nil {
			return datagrams
		}
		datagrams = append(datagrams, bytes.Clone(buf[:n]))
	}
}

// complaints reports whether one of the columns in the middle, which name what is wrong, holds anything.
func complaints(text string) bool {
	for line := range strings.Lines(text) {
		if columns := strings.Split(line, "\t"); len(columns) != 6 || strings.Join(columns[2:5], "") != "" {
			return true
		}
	}
	return false
}
