// Command victoriametrics times VictoriaMetrics' parser of the text format on one page.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/VictoriaMetrics/VictoriaMetrics/lib/protoparser/prometheus"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: victoriametrics PAGE ROUNDS")
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
	text := string(page)
	var rows prometheus.Rows
	seconds := make([]float64, 0, rounds)
	for range rounds {
		start := time.Now()
		rows.UnmarshalWithErrLogger(text, func(message string) {
			fmt.Fprintln(os.Stderr, message)
			os.Exit(1)
		})
		seconds = append(seconds, time.Since(start).Seconds())
	}
	if err := json.NewEncoder(os.Stdout).Encode(map[string]any{"samples": len(rows.Rows), "seconds": seconds}); err != nil {
		os.Exit(1)
	}
}
