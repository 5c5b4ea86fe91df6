package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"sort"
	"time"

	registry "github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/rules"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"
)

const (
	// The target's labels, as the chart's ServiceMonitor leaves them.
	job = "headroom"
	// Prometheus' own defaults.
	lookback    = 5 * time.Minute
	resendDelay = time.Minute
	scrapeText  = "text/plain; version=0.0.4"
)

// An alert as Prometheus sends it, at the instant it does.
type sending struct {
	at, starts, ends time.Time
	labels           labels.Labels
	annotations      labels.Labels
}

// A storage, the rules that are evaluated on it, and what they sent so far.
type prometheusServer struct {
	db     *tsdb.DB
	groups []*rules.Group
	due    map[*rules.Group]time.Time
	known  map[string]*series
	round  int
	until  time.Time
	sent   []sending
}

// A series of the page: whose reference the storage gave, and the last scrape that had it.
type series struct {
	labels labels.Labels
	ref    storage.SeriesRef
	round  int
}

func open(folder, rulesFile string) *prometheusServer {
	silent := slog.New(slog.DiscardHandler)
	options := tsdb.DefaultOptions()
	// One head for everything: `keep` makes its block, and no other is made behind the rules' back.
	options.MinBlockDuration = int64(30 * 24 * time.Hour / time.Millisecond)
	options.MaxBlockDuration = options.MinBlockDuration
	options.RetentionDuration = 0
	db, err := tsdb.Open(folder, silent, nil, options, nil)
	must(err)
	db.DisableCompactions()
	server := &prometheusServer{db: db, due: map[*rules.Group]time.Time{}, known: map[string]*series{}}
	engine := promql.NewEngine(promql.EngineOpts{
		Logger: silent, MaxSamples: 50_000_000, Timeout: time.Hour, LookbackDelta: lookback,
		EnableAtModifier: true, EnableNegativeOffset: true,
	})
	manager := rules.NewManager(&rules.ManagerOptions{
		Context: context.Background(), Logger: silent, Registerer: registry.NewRegistry(),
		Appendable: db, Queryable: db, QueryFunc: rules.EngineQueryFunc(engine, db),
		NotifyFunc: server.send, ResendDelay: resendDelay,
	})
	groups, errs := manager.LoadGroups(30*time.Second, labels.EmptyLabels(), "", nil, false, rulesFile)
	must(errors.Join(errs...))
	for _, group := range groups {
		server.groups = append(server.groups, group)
		for _, rule := range group.AlertingRules() {
			// Nothing is to be restored, and only then what fires is recorded.
			rule.SetRestored(true)
		}
	}
	sort.Slice(server.groups, func(i, j int) bool { return server.groups[i].Name() < server.groups[j].Name() })
	return server
}

// Takes a page as a scrape does, and evaluates what is due.
func (server *prometheusServer) scrape(at time.Time, page []byte) error {
	if err := server.ingest(at.UnixMilli(), page); err != nil {
		return fmt.Errorf("the page of %s: %w", at.UTC().Format(time.RFC3339), err)
	}
	server.until = at
	for _, group := range server.groups {
		if at.Before(server.due[group]) {
			continue
		}
		server.due[group] = at.Add(group.Interval())
		group.Eval(context.Background(), at)
		for _, rule := range group.Rules() {
			if err := rule.LastError(); err != nil {
				return fmt.Errorf("%s at %s: %w", rule.Name(), at.UTC().Format(time.RFC3339), err)
			}
		}
	}
	return nil
}

func (server *prometheusServer) ingest(at int64, page []byte) error {
	server.round++
	appender := server.db.Appender(context.Background())
	parser, err := textparse.New(page, scrapeText, labels.NewSymbolTable(), textparse.ParserOptions{})
	if err != nil {
		return err
	}
	for {
		entry, err := parser.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if entry != textparse.EntrySeries {
			continue
		}
		name, _, sample := parser.Series()
		one := server.known[string(name)]
		if one == nil {
			one = &series{labels: targeted(parser)}
			server.known[string(name)] = one
		}
		if err := server.add(appender, one, at, sample); err != nil {
			return err
		}
	}
	if server.known["up"] == nil {
		server.known["up"] = &series{labels: labels.FromStrings("__name__", "up", "job", job, "instance", job)}
	}
	if err := server.add(appender, server.known["up"], at, 1); err != nil {
		return err
	}
	// What is on the page no more ends now.
	for name, one := range server.known {
		if one.round != server.round {
			if _, err := appender.Append(one.ref, one.labels, at, math.Float64frombits(value.StaleNaN)); err != nil {
				return err
			}
			delete(server.known, name)
		}
	}
	return appender.Commit()
}

func (server *prometheusServer) add(appender storage.Appender, one *series, at int64, sample float64) error {
	ref, err := appender.Append(one.ref, one.labels, at, sample)
	one.ref, one.round = ref, server.round
	return err
}

// A series' own labels and those of its target, of which it may have its own: the ServiceMonitor honors labels.
func targeted(parser textparse.Parser) labels.Labels {
	var found labels.Labels
	parser.Labels(&found)
	builder := labels.NewBuilder(found)
	for _, name := range []string{"job", "instance"} {
		if !found.Has(name) {
			builder.Set(name, job)
		}
	}
	return builder.Labels()
}

func (server *prometheusServer) send(_ context.Context, _ string, alerts ...*rules.Alert) {
	for _, alert := range alerts {
		ends := alert.ValidUntil
		if !alert.ResolvedAt.IsZero() {
			ends = alert.ResolvedAt
		}
		server.sent = append(server.sent, sending{alert.LastSentAt, alert.FiredAt, ends, alert.Labels, alert.Annotations})
	}
}

// Makes a block of all there is, so that whoever opens a copy has nothing to replay.
func (server *prometheusServer) keep() error {
	head := server.db.Head()
	if err := server.db.CompactHead(tsdb.NewRangeHead(head, head.MinTime(), head.MaxTime())); err != nil {
		return err
	}
	return server.close()
}

func (server *prometheusServer) close() error {
	return server.db.Close()
}
