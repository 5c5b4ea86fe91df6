// Command prometheus times Prometheus' own parser of the text format on one page, labels included.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"
)

func main() {
	if len(os.Args) != 4 || (os.Args[3] != "labels" && os.Args[3] != "no-labels") {
		fmt.Fprintln(os.Stderr, "usage: prometheus PAGE ROUNDS labels|no-labels")
		os.Exit(2)
	}
	page, err := os.ReadFile(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	rounds, err := strconv.Atoi(os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	samples := 0
	seconds := make([]float64, 0, rounds)
	for range rounds {
		start := time.Now()
		samples, err = parse(page, os.Args[3] == "labels")
		seconds = append(seconds, time.Since(start).Seconds())
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(map[string]any{"samples": samples, "seconds": seconds}); err != nil {
		os.Exit(1)
	}
}

// parse reads every sample; a scrape loop skips the labels of series that it has seen before.
func parse(page []byte, withLabels bool) (int, error) {
	parser, err := textparse.New(page, "text/plain; version=0.0.4", labels.NewSymbolTable(), textparse.ParserOptions{})
	if err != nil {
		return 0, err
	}
	samples := 0
	var found labels.Labels
	for {
		entry, err := parser.Next()
		if errors.Is(err, io.EOF) {
			return samples, nil
		}
		if err != nil {
			return 0, err
		}
		if entry != textparse.EntrySeries {
			continue
		}
		parser.Series()
		if withLabels {
			parser.Labels(&found)
		}
		samples++
	}
}
