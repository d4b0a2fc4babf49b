package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"daohu/server/fault"
)

// meters counts requests in a registry of its own.
type meters struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	inFlight prometheus.Gauge
	handler  http.Handler
}

func newMeters(d Deps) (*meters, error) {
	m := &meters{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "daohu_http_requests_total", Help: "Requests answered."}, []string{"method", "route", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "daohu_http_seconds", Help: "Time to answer, by route.",
			Buckets: []float64{.002, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10, 60}}, []string{"route"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{Name: "daohu_http_in_flight", Help: "Requests being answered."}),
	}
	build := prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "daohu_build_info", Help: "1; the version is the label.",
		ConstLabels: prometheus.Labels{"version": d.Version}}, func() float64 { return 1 })
	list := []prometheus.Collector{m.requests, m.seconds, m.inFlight, build, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{})}
	for _, c := range d.Counters {
		if c.Gauge {
			list = append(list, prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: c.Name, Help: c.Help}, c.Read))
		} else {
			list = append(list, prometheus.NewCounterFunc(prometheus.CounterOpts{Name: c.Name, Help: c.Help}, c.Read))
		}
	}
	reg := prometheus.NewRegistry()
	for _, c := range list {
		if err := reg.Register(c); err != nil {
			return nil, err
		}
	}
	m.handler = promhttp.HandlerFor(reg, promhttp.HandlerOpts{})
	return m, nil
}

// count adds one answered request. path is the route's pattern, never the
// path asked for, which may name people and would grow without bound.
func (m *meters) count(method, path string, status int, took time.Duration) {
	m.requests.WithLabelValues(method, path, strconv.Itoa(status)).Inc()
	m.seconds.WithLabelValues(path).Observe(took.Seconds())
}

func (a *API) metrics(c *call) error {
	if !c.operator() {
		return fault.New(fault.Unauthorized, "")
	}
	a.meters.handler.ServeHTTP(c.w, c.r)
	return nil
}

func (a *API) healthz(c *call) error {
	Write(c.w, c.r, http.StatusOK, "text/plain; charset=utf-8", []byte("ok\n"))
	return nil
}

// readyz asks everything the server cannot work without and names what does
// not answer, without saying why: that is in the log.
func (a *API) readyz(c *call) error {
	ctx, cancel := context.WithTimeout(c.r.Context(), 2*time.Second)
	defer cancel()
	type finding struct {
		at  int
		err error
	}
	found := make(chan finding, len(a.deps.Checks))
	for i, k := range a.deps.Checks {
		go func() { found <- finding{i, k.Ping(ctx)} }()
	}
	state := map[string]string{}
	var down []fault.Field
	var cause error
	for _, k := range a.deps.Checks {
		state[k.Name] = "late"
	}
	for range a.deps.Checks {
		select {
		case f := <-found:
			k := a.deps.Checks[f.at]
			state[k.Name] = "ok"
			if f.err != nil {
				state[k.Name], cause = "down", f.err
			}
		case <-ctx.Done():
		}
	}
	for _, k := range a.deps.Checks {
		if s := state[k.Name]; s != "ok" && !k.Soft {
			down = append(down, fault.Field{Name: k.Name, Code: s, Detail: "没有回应。"})
		}
	}
	if down != nil {
		return &fault.Error{Code: fault.Unavailable, Fields: down, Err: cause}
	}
	return c.json(state)
}

func (a *API) openapiJSON(c *call) error {
	c.w.Header().Set("Cache-Control", "public, max-age=300")
	Write(c.w, c.r, http.StatusOK, "application/json", a.document)
	return nil
}
