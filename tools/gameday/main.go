// Lets Prometheus and Alertmanager see a simulated cluster at simulated instants, with their own packages.
//
//	gameday remember STORE RULES
//	gameday judge STORE RULES ALERTMANAGER
//
// Pages of an exporter come on standard input, each after a line "UNIX_SECONDS BYTES". `remember` keeps them in a store.
// `judge` goes on from such a store and writes every notification of theirs as a line of JSON. Time is what the pages
// say: rules are evaluated at their instants, and Alertmanager waits by a clock that stands still while it works.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"time"
)

// Larger than any page: a length beyond it is no length.
const largestPage = 64 << 20

func main() {
	log.SetFlags(0)
	log.SetPrefix("gameday: ")
	words := os.Args[1:]
	switch {
	case len(words) == 3 && words[0] == "remember":
		prometheus := open(words[1], words[2])
		read(os.Stdin, prometheus.scrape)
		must(prometheus.keep())
	case len(words) == 4 && words[0] == "judge":
		prometheus := open(words[1], words[2])
		read(os.Stdin, prometheus.scrape)
		must(prometheus.close())
		output := json.NewEncoder(os.Stdout)
		// A test says that it passed, where our lines belong.
		os.Stdout = os.Stderr
		deliver(words[3], prometheus.sent, prometheus.until, func(all []notification) {
			for _, one := range all {
				must(output.Encode(one))
			}
		})
	default:
		log.Fatal("usage: gameday remember STORE RULES | gameday judge STORE RULES ALERTMANAGER")
	}
}

// Hands on one page after the other, with its instant.
func read(input io.Reader, take func(time.Time, []byte) error) {
	reader := bufio.NewReaderSize(input, 1<<20)
	for {
		var seconds, length int64
		if _, err := fmt.Fscanf(reader, "%d %d\n", &seconds, &length); errors.Is(err, io.EOF) {
			return
		} else if err != nil || length < 0 || length > largestPage {
			log.Fatalf("expected a line \"UNIX_SECONDS BYTES\" before each page: %v", err)
		}
		page := make([]byte, length)
		if _, err := io.ReadFull(reader, page); err != nil {
			log.Fatalf("a page ends before its %d bytes: %v", length, err)
		}
		must(take(time.Unix(seconds, 0), page))
	}
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
