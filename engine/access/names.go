// SPDX-License-Identifier: AGPL-3.0-or-later

package access

import "strings"

// columnNamed says what a field means by its name in any of the formats that are known, colNone where it is none of
// interest. It serves #Fields lines, JSON keys, lists of fields and the groups of patterns alike.
func columnNamed(name string) column { //nolint:gocyclo // a table
	switch strings.ToLower(name) {
	case "date":
		return colDate
	case "time":
		return colClock
	case "timestamp", "date-time", "datetime", "x-timestamp", "@timestamp", "time_local", "time_iso8601", "msec", "reqtimesec",
		"edgestarttimestamp", "start_time", "time_start", "at":
		return colTime
	case "c-ip", "ip", "client_ip", "clientip", "client-ip", "cliip", "remote_addr", "remote_host", "client", "ip_address":
		return colAddress
	case "c-port", "port", "client_port", "remote_port", "clientsrcport", "cliport":
		return colPort
	case "x-forwarded-for", "cs(x-forwarded-for)", "xforwardedfor", "http_x_forwarded_for", "forwarded":
		return colForwarded
	case "cs-method", "method", "request_method", "reqmethod", "clientrequestmethod":
		return colMethod
	case "cs-host", "cs(host)", "host", "reqhost", "clientrequesthost":
		return colHost
	case "cs-uri-stem", "path", "uri_path", "reqpath", "clientrequestpath":
		return colPath
	case "cs-uri-query", "query", "query_string", "querystr", "args":
		return colQuery
	case "cs-uri", "uri", "url", "request", "request_uri", "target", "clientrequesturi":
		return colTarget
	case "sc-status", "status", "response_status", "statuscode", "edgeresponsestatus":
		return colStatus
	case "sc-bytes", "bytes_sent", "totalbytes", "edgeresponsebytes", "sent":
		return colSent
	case "bytes", "body_bytes_sent", "response_body_size", "resp_body_bytes", "edgeresponsebodybytes", "body":
		return colBody
	case "sc-content-len", "sc(content-length)", "content_length", "rspcontentlen", "length":
		return colLength
	case "sc-range-start", "range_start":
		return colFrom
	case "sc-range-end", "range_end":
		return colTo
	case "cs(range)", "range", "http_range", "request_range", "content_range", "sent_http_content_range":
		return colRange
	case "objsize", "size", "object_size":
		return colWhole
	case "cs(user-agent)", "cs-user-agent", "ua", "agent", "user_agent", "http_user_agent", "request_user_agent",
		"clientrequestuseragent":
		return colAgent
	case "cs(accept-language)", "acclang", "language", "accept_language", "http_accept_language":
		return colLanguage
	case "cs-headers", "requestheaders":
		return colHeaders
	case "x-edge-request-id", "reqid", "rayid", "request_id", "req_id", "id":
		return colID
	case "cs(cmcd-request)", "cs(cmcd-object)", "cs(cmcd-status)", "cs(cmcd-session)", "cmcd", "cmcd_request", "cmcd_object",
		"cmcd_status", "cmcd_session", "cmcd-request", "cmcd-object", "cmcd-status", "cmcd-session":
		return colCMCD
	}
	return colNone
}
