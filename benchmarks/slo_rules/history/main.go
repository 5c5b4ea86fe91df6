// Writes the blocks that a Prometheus has after a month of a hundred SLOs, with Prometheus' own storage engine.
//
//	history FOLDER END OBJECTIVES
//
// END is Unix seconds. The source and Headroom's counters go back 3 days, Sloth's 5m records 30, what Headroom's rules
// recorded 2 hours, which none of them outlives.
package main

import (
	"context"
	"fmt"
	"log"
	"log/slog"
	"math"
	"os"
	"strconv"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/tsdb"
)

const (
	step     = 30
	hour     = 3600
	day      = 24 * hour
	birth    = 1_700_000_000 // of the counters; shop.py counts from there as well
	job      = "shop"
	exporter = "headroom"
)

// What compaction has made of a month, longest first: a tenth of the retention at most.
var ranges = []int64{54 * hour, 18 * hour, 6 * hour, 2 * hour}

// A family of series, one for each objective, with a sample every so many seconds since `back` before the end.
type family struct {
	name  string
	back  int64
	every int64
	label func(number int) []string
	value func(number int, at int64) float64
}

func main() {
	if len(os.Args) != 4 {
		log.Fatal("usage: history FOLDER END OBJECTIVES")
	}
	end, err := strconv.ParseInt(os.Args[2], 10, 64)
	if err != nil {
		log.Fatalf("END is to be Unix seconds: %v", err)
	}
	objectives, err := strconv.Atoi(os.Args[3])
	if err != nil {
		log.Fatalf("OBJECTIVES is to be a number: %v", err)
	}
	end -= end % step
	made := families()
	first := end - 30*day
	for from := first - first%ranges[0]; from < end; {
		until := blockEnd(from, end)
		if err := write(os.Args[1], made, objectives, [3]int64{from, until, end}); err != nil {
			log.Fatalf("block of %s: %v", time.Unix(from, 0).UTC().Format(time.RFC3339), err)
		}
		from = until
	}
}

// The end of the longest range that begins here and is over: anything else Prometheus would compact once more.
func blockEnd(from, end int64) int64 {
	for _, length := range ranges {
		if from%length == 0 && from+length <= end {
			return from + length
		}
	}
	return end
}

func write(folder string, made []family, objectives int, times [3]int64) error {
	from, until, end := times[0], times[1], times[2]
	context := context.Background()
	writer, err := tsdb.NewBlockWriter(slog.New(slog.DiscardHandler), folder, 2*ranges[0]*1000)
	if err != nil {
		return err
	}
	defer writer.Close()
	known := map[string][]labels.Labels{}
	for _, one := range made {
		for number := range objectives {
			known[one.name] = append(known[one.name], labels.FromStrings(append([]string{"__name__", one.name}, one.label(number)...)...))
		}
	}
	for at := from; at < until; at += step {
		appender := writer.Appender(context)
		for _, one := range made {
			if at < end-one.back || at%one.every != 0 {
				continue
			}
			for number, series := range known[one.name] {
				if _, err := appender.Append(0, series, at*1000, one.value(number, at)); err != nil {
					return fmt.Errorf("%s: %w", series, err)
				}
			}
		}
		if err := appender.Commit(); err != nil {
			return err
		}
	}
	_, err = writer.Flush(context)
	return err
}

func families() []family {
	found := []family{
		{"shop_requests_total", 3 * day, step, ofShop, requests},
		{"shop_request_errors_total", 3 * day, step, ofShop, failures},
		{"slo:sli_error:ratio_rate5m", 30 * day, step, ofSloth, func(number int, at int64) float64 {
			return increase(failures, number, at, 300) / increase(requests, number, at, 300)
		}},
		{"headroom_slo_events_total", 3 * day, step, ofExporter, requests},
		{"headroom_slo_bad_events_total", 3 * day, step, ofExporter, failures},
	}
	for _, one := range []struct {
		window         string
		seconds, every int64
	}{
		{"5m", 300, 30}, {"30m", 1800, 30}, {"1h", hour, 30},
		{"2h", 2 * hour, 120}, {"6h", 6 * hour, 120},
		{"1d", day, 600}, {"3d", 3 * day, 600},
	} {
		events := func(number int, at int64) float64 { return increase(requests, number, at, one.seconds) }
		bad := func(number int, at int64) float64 { return increase(failures, number, at, one.seconds) }
		burn := func(number int, at int64) float64 { return bad(number, at) / events(number, at) / 0.001 }
		found = append(found,
			family{"slo:headroom_slo_events:increase" + one.window, 2 * hour, one.every, ofHeadroom, events},
			family{"slo:headroom_slo_bad_events:increase" + one.window, 2 * hour, one.every, ofHeadroom, bad},
			family{"slo:headroom_slo_burn_rate:ratio_increase" + one.window, 2 * hour, one.every, ofHeadroom, burn},
		)
	}
	return found
}

func route(number int) string { return fmt.Sprintf("route-%03d", number) }

func ofShop(number int) []string {
	return []string{"route", route(number), "job", job, "instance", job}
}

func ofHeadroom(number int) []string {
	return []string{"slo_service", "shop", "slo", route(number)}
}

func ofExporter(number int) []string {
	return append(ofHeadroom(number), "job", exporter, "instance", exporter)
}

func ofSloth(number int) []string {
	return []string{
		"sloth_id", "shop-" + route(number), "sloth_service", "shop", "sloth_slo", route(number), "sloth_window", "5m",
	}
}

func increase(counter func(int, int64) float64, number int, at, seconds int64) float64 {
	return counter(number, at) - counter(number, at-seconds)
}

// About 10 requests a second, one in two thousand failing, both uneven, as samples that hardly differ read too fast.
func requests(number int, at int64) float64 {
	age := float64(at - birth)
	return math.Floor(age*(10+float64(number%7)) + 200*math.Sin(age/97+float64(number)))
}

func failures(number int, at int64) float64 {
	age := float64(at - birth)
	return math.Floor(age*(10+float64(number%7))/2000 + 3*math.Sin(age/1311+float64(number)))
}
