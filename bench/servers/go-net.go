// Go's net: a goroutine a client, a loop of Read and Write over a buffer of io.Copy's default size.
package main

import (
	"fmt"
	"net"
	"os"
	"os/signal"
	"runtime/debug"
	"strconv"
	"syscall"
)

const bufferBytes = 32 * 1024

func echo(client net.Conn) {
	defer client.Close()
	buffer := make([]byte, bufferBytes)
	for {
		size, err := client.Read(buffer)
		if size > 0 {
			if _, err := client.Write(buffer[:size]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

func count(client net.Conn) {
	defer client.Close()
	buffer := make([]byte, bufferBytes)
	total := 0
	for {
		size, err := client.Read(buffer)
		total += size
		if err != nil {
			client.Write([]byte(strconv.Itoa(total)))
			return
		}
	}
}

func main() {
	handle := map[string]func(net.Conn){"echo": echo, "count": count}[os.Args[1]]
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	collect := make(chan os.Signal, 1)
	signal.Notify(collect, syscall.SIGUSR2)
	go func() {
		for range collect {
			debug.FreeOSMemory()
		}
	}()
	fmt.Printf("ready %d\n", listener.Addr().(*net.TCPAddr).Port)
	for {
		client, err := listener.Accept()
		if err != nil {
			panic(err)
		}
		go handle(client)
	}
}
