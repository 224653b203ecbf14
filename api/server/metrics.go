// SPDX-License-Identifier: AGPL-3.0-or-later

package server

import (
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics are what an operator watches. No label holds anything that a client chose.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
	finished *prometheus.CounterVec
	queued   prometheus.Gauge
	running  prometheus.Gauge
	uploads  prometheus.Gauge
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "spoor_request_seconds", Help: "Time that requests took, by method, route and status.",
			Buckets: []float64{.001, .005, .01, .025, .05, .1, .25, 1, 5, 30},
		}, []string{"method", "route", "status"}),
		finished: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "spoor_backtraces_finished_total", Help: "Backtraces that came to an end, by status.",
		}, []string{"status"}),
		queued:  prometheus.NewGauge(prometheus.GaugeOpts{Name: "spoor_backtraces_queued", Help: "Backtraces that wait."}),
		running: prometheus.NewGauge(prometheus.GaugeOpts{Name: "spoor_backtraces_running", Help: "Backtraces that are being worked out."}),
		uploads: prometheus.NewGauge(prometheus.GaugeOpts{Name: "spoor_uploads_running", Help: "Requests that bring a part of an upload."}),
	}
	m.registry.MustRegister(m.requests, m.finished, m.queued, m.running, m.uploads,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{DisableCompression: true})
}

func (m *metrics) request(method, pattern string, status int, took time.Duration) {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
	default:
		method = "other"
	}
	route := strings.TrimSuffix(pattern, "/{$}")
	if i := strings.IndexByte(route, '/'); i > 0 { // without the method
		route = route[i:]
	}
	m.requests.WithLabelValues(method, route, statusText(status)).Observe(took.Seconds())
}
