package main

import (
	"context"
	"log/slog"
	"net"
	"net/url"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/alertmanager/alert"
	"github.com/prometheus/alertmanager/config"
	"github.com/prometheus/alertmanager/config/receiver"
	"github.com/prometheus/alertmanager/dispatch"
	"github.com/prometheus/alertmanager/eventrecorder"
	"github.com/prometheus/alertmanager/featurecontrol"
	"github.com/prometheus/alertmanager/inhibit"
	"github.com/prometheus/alertmanager/marker"
	"github.com/prometheus/alertmanager/nflog"
	"github.com/prometheus/alertmanager/notify"
	"github.com/prometheus/alertmanager/provider/mem"
	"github.com/prometheus/alertmanager/silence"
	"github.com/prometheus/alertmanager/template"
	"github.com/prometheus/alertmanager/timeinterval"
	registry "github.com/prometheus/client_golang/prometheus"
	commoncfg "github.com/prometheus/common/config"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
)

const (
	// Alertmanager's own defaults.
	retention           = 120 * time.Hour
	collectionInterval  = 30 * time.Minute
	maintenanceInterval = 30 * time.Second
	// How long after the last sending there may still be something to tell: longer than any group waits.
	settling = 10 * time.Minute
	// By how much each sending arrives sooner after its evaluation than the one before. Groups wait for multiples of the time
	// between evaluations: whether one that is due at that instant knew of it was left to who woke up first. Now it knows.
	sooner = time.Microsecond
)

// Sends what was sent, at its instants, to an Alertmanager whose clock stands still while anybody works, hands what its
// receivers got to `tell`, and ends this program. Only a test has such a clock.
func deliver(configuration string, sent []sending, until time.Time, tell func([]notification)) {
	run := func(t *testing.T) {
		var told []notification
		synctest.Test(t, func(*testing.T) {
			var err error
			told, err = delivered(configuration, sent, until)
			must(err)
		})
		tell(told)
	}
	os.Args = os.Args[:1]
	all := func(string, string) (bool, error) { return true, nil }
	testing.Main(all, []testing.InternalTest{{Name: "gameday", F: run}}, nil, nil)
}

func delivered(file string, sent []sending, until time.Time) ([]notification, error) {
	if len(sent) == 0 {
		return nil, nil
	}
	begin := time.Now()
	first := sent[0].at
	shift := begin.Sub(first)
	listening := newReceivers(func() time.Time { return time.Now().Add(-shift) })
	defer listening.close()
	server, err := start(file, listening.dial)
	if err != nil {
		return nil, err
	}
	for at := 0; at < len(sent); {
		late := time.Duration(len(sent)-at) * sooner
		time.Sleep(sent[at].at.Add(shift + late).Sub(time.Now()))
		upTo := at
		var alerts []*alert.Alert
		for ; upTo < len(sent) && sent[upTo].at.Equal(sent[at].at); upTo++ {
			alerts = append(alerts, received(sent[upTo], shift))
		}
		if err := server.alerts.Put(context.Background(), alerts...); err != nil {
			return nil, err
		}
		at = upTo
	}
	time.Sleep(max(0, until.Add(shift).Sub(time.Now())) + settling)
	server.stop()
	return listening.told, nil
}

// An alert as Alertmanager's API takes it in.
func received(one sending, shift time.Duration) *alert.Alert {
	return &alert.Alert{
		Alert: model.Alert{
			Labels:      labelSet(one.labels),
			Annotations: labelSet(one.annotations),
			StartsAt:    one.starts.Add(shift),
			EndsAt:      one.ends.Add(shift),
		},
		UpdatedAt: time.Now(),
	}
}

func labelSet(from labels.Labels) model.LabelSet {
	set := model.LabelSet{}
	from.Range(func(one labels.Label) { set[model.LabelName(one.Name)] = model.LabelValue(one.Value) })
	return set
}

type alertmanagerServer struct {
	alerts *mem.Alerts
	stop   func()
}

// Puts together what Alertmanager's own start does, without its web server, its cluster and its files.
func start(file string, dial func(context.Context, string, string) (net.Conn, error)) (*alertmanagerServer, error) {
	silent, own, recorder := slog.New(slog.DiscardHandler), registry.NewRegistry(), eventrecorder.NopRecorder()
	conf, err := config.LoadFile(file)
	if err != nil {
		return nil, err
	}
	templates, err := template.FromGlobs(conf.Templates)
	if err != nil {
		return nil, err
	}
	templates.ExternalURL = &url.URL{Scheme: "http", Host: "alertmanager"}
	integrations := map[string][]notify.Integration{}
	for _, one := range conf.Receivers {
		// Connections that wait for the next notification would keep time from passing.
		found, err := receiver.BuildReceiverIntegrations(
			one, templates, silent, commoncfg.WithDialContextFunc(dial), commoncfg.WithKeepAlivesDisabled(),
		)
		if err != nil {
			return nil, err
		}
		integrations[one.Name] = found
	}
	silences, err := silence.New(silence.Options{Retention: retention, Logger: silent, Metrics: own, EventRecorder: recorder})
	if err != nil {
		return nil, err
	}
	logbook, err := nflog.New(nflog.Options{Retention: retention, Logger: silent, Metrics: own})
	if err != nil {
		return nil, err
	}
	silencer := silence.NewSilencer(silences, silent, recorder)
	flags := featurecontrol.NoopFlags{}
	alerts, err := mem.NewAlerts(context.Background(), collectionInterval, 0, silencer, silent, recorder, own, flags)
	if err != nil {
		return nil, err
	}
	inhibitor := inhibit.NewInhibitor(alerts, conf.InhibitRules, silent, recorder)
	groups := marker.NewGroupMarker()
	pipeline := notify.NewPipelineBuilder(own, flags, recorder).New(
		integrations, func() time.Duration { return 0 }, inhibitor, silencer,
		timeinterval.NewIntervener(nil), groups, logbook, nil,
	)
	timeout := func(wait time.Duration) time.Duration { return max(wait, notify.MinTimeout) }
	dispatcher := dispatch.NewDispatcher(
		alerts, dispatch.NewRoute(conf.Route, nil), pipeline, groups, timeout, maintenanceInterval,
		nil, silent, recorder, dispatch.NewDispatcherMetrics(false, own, flags), templates,
	)
	go inhibitor.Run()
	inhibitor.WaitForLoading()
	go dispatcher.Run(time.Now())
	dispatcher.WaitForLoading()
	return &alertmanagerServer{alerts, func() {
		dispatcher.Stop()
		inhibitor.Stop()
		alerts.Close()
	}}, nil
}
