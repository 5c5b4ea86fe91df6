package main

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// What a receiver got: when, at which address, and the body as it came.
type notification struct {
	At   float64         `json:"at"`
	To   string          `json:"to"`
	Body json.RawMessage `json:"body"`
}

// Every receiver of the configuration, listening where no network is.
type receivers struct {
	now     func() time.Time
	server  *http.Server
	arrived chan net.Conn
	closed  chan struct{}
	mutex   sync.Mutex
	told    []notification
}

func newReceivers(now func() time.Time) *receivers {
	all := &receivers{now: now, arrived: make(chan net.Conn), closed: make(chan struct{}), told: []notification{}}
	all.server = &http.Server{Handler: all}
	go all.server.Serve(all)
	return all
}

// ServeHTTP takes a notification.
func (all *receivers) ServeHTTP(answer http.ResponseWriter, request *http.Request) {
	var body json.RawMessage
	if err := json.NewDecoder(request.Body).Decode(&body); err != nil {
		http.Error(answer, err.Error(), http.StatusBadRequest)
		return
	}
	all.mutex.Lock()
	defer all.mutex.Unlock()
	at := float64(all.now().UnixMilli()) / 1000
	all.told = append(all.told, notification{at, strings.Trim(request.URL.Path, "/"), body})
	// Slack's answer to what it took.
	answer.Write([]byte("ok"))
}

func (all *receivers) dial(context.Context, string, string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case all.arrived <- theirs:
		return ours, nil
	case <-all.closed:
		return nil, net.ErrClosed
	}
}

// Accept waits for the next connection.
func (all *receivers) Accept() (net.Conn, error) {
	select {
	case conn := <-all.arrived:
		return conn, nil
	case <-all.closed:
		return nil, net.ErrClosed
	}
}

// Close ends the listening.
func (all *receivers) Close() error { return nil }

// Addr names no network.
func (all *receivers) Addr() net.Addr { return &net.UnixAddr{Name: "receivers"} }

func (all *receivers) close() {
	close(all.closed)
	all.server.Close()
}
