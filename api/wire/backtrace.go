// SPDX-License-Identifier: AGPL-3.0-or-later

package wire

// The statuses of a backtrace. The last three are final.
const (
	Queued     = "QUEUED"
	Processing = "PROCESSING"
	Success    = "SUCCESS"
	Failure    = "FAILURE"
	Cancelled  = "CANCELLED"
)

// Final says whether nothing comes after a status.
func Final(status string) bool { return status == Success || status == Failure || status == Cancelled }

// Backtrace is one run of the tracer over one input. References are ids.
type Backtrace struct {
	InputName    string
	Pipeline     string
	File         string
	Extracted    []Extracted // nil before there is a result
	Application  string
	Status       string
	Percentage   int64 // done, 0 to 100
	ErrorMessage string
	ErrorCode    string
	FinishedAt   int64
	Version      int64 // one more with every change
	User         string
	CreatedAt    int64
	UpdatedAt    int64
	ID           string
	Job          string
	Findings     *Findings // only where they were asked for
}

// Extracted is a tag that was found, with those who fetched the copy that carries it.
type Extracted struct {
	Tag      string       `json:"autograph_tag"`
	Accesses []AccessStat `json:"access_stats"`
}

// AccessStat is one client that fetched a copy.
type AccessStat struct {
	IPAddress          string `json:"ip_address"`
	IPCountry          string `json:"ip_country"` // English name
	IPType             string `json:"ip_type"`
	UserAgent          string `json:"user_agent"`
	AcceptLanguage     string `json:"accept_language"`
	FirstAccessedAt    int64  `json:"first_accessed_at"`
	PercentageObtained string `json:"percentage_obtained"` // such as 100%
	HighestResolution  string `json:"highest_resolution"`  // such as 720p
	StreamingOnly      string `json:"streaming_only"`      // yes or no
}

// Unknown stands for a text that is not known.
const Unknown = "N/A"

// Object returns the keys in the documented order.
func (b *Backtrace) Object(link Linker) Object {
	findings := any(Ref{Kind: KindFindings, ID: b.ID, Href: link(KindFindings, b.ID), Bare: true})
	if b.Findings != nil {
		findings = b.Findings.Object(link)
	}
	return Object{
		{"input", Object{{"input_name", orNil(b.InputName)}}},
		{"pipeline", ref(link, KindPipeline, b.Pipeline)},
		{"file", ref(link, KindFile, b.File)},
		{"extracted_data", extractedList(b.Extracted)},
		{"application", ref(link, KindApplication, b.Application)},
		{"status", b.Status},
		{"percentage_completed", b.Percentage},
		{"error_msg", orNil(b.ErrorMessage)},
		{"error_code", orNil(b.ErrorCode)},
		{"finished_at", timeOrNil(b.FinishedAt)},
		{"version", b.Version},
		{"user", ref(link, KindUser, b.User)},
		{"created_at", timeOrNil(b.CreatedAt)},
		{"updated_at", timeOrNil(b.UpdatedAt)},
		{"id", b.ID},
		{"job", ref(link, KindJob, b.Job)},
		{"findings", findings},
	}
}

func extractedList(tags []Extracted) any {
	if tags == nil {
		return nil
	}
	list := List{Item: "extracted"}
	for i := range tags {
		accesses := List{Item: "access_stat"}
		for j := range tags[i].Accesses {
			accesses.Values = append(accesses.Values, tags[i].Accesses[j].object())
		}
		list.Values = append(list.Values, Object{{"autograph_tag", tags[i].Tag}, {"access_stats", accesses}})
	}
	return list
}

func (a *AccessStat) object() Object {
	return Object{
		{"ip_address", orUnknown(a.IPAddress)},
		{"ip_country", orUnknown(a.IPCountry)},
		{"ip_type", orUnknown(a.IPType)},
		{"user_agent", orUnknown(a.UserAgent)},
		{"accept_language", orUnknown(a.AcceptLanguage)},
		{"first_accessed_at", timeOrNil(a.FirstAccessedAt)},
		{"percentage_obtained", orUnknown(a.PercentageObtained)},
		{"highest_resolution", orUnknown(a.HighestResolution)},
		{"streaming_only", orUnknown(a.StreamingOnly)},
	}
}

func orUnknown(text string) any {
	if text == "" {
		return Unknown
	}
	return text
}

// ReadBacktrace takes a backtrace from what a server or a desktop sent: the object
// itself or {"backtrace": object}. Numbers may stand for texts and texts for numbers, references may be
// whole objects, and any key may be missing. Error: an [*Error] of status 400 that names the field.
func ReadBacktrace(t *Tree) (Backtrace, error) {
	if t.Has(KindBacktrace) {
		t = t.Get(KindBacktrace)
	}
	r := taker{lenient: true}
	t = r.object(t, KindBacktrace)
	b := Backtrace{
		InputName:    r.text(r.object(t.Get("input"), "input").Get("input_name"), "input.input_name"),
		Pipeline:     r.reference(t.Get("pipeline"), "pipeline"),
		File:         r.reference(t.Get("file"), "file"),
		Application:  r.reference(t.Get("application"), "application"),
		Status:       r.text(t.Get("status"), "status"),
		Percentage:   r.integer(t.Get("percentage_completed"), "percentage_completed"),
		ErrorMessage: r.text(t.Get("error_msg"), "error_msg"),
		ErrorCode:    r.text(t.Get("error_code"), "error_code"),
		FinishedAt:   r.integer(t.Get("finished_at"), "finished_at"),
		Version:      r.integer(t.Get("version"), "version"),
		User:         r.reference(t.Get("user"), "user"),
		CreatedAt:    r.integer(t.Get("created_at"), "created_at"),
		UpdatedAt:    r.integer(t.Get("updated_at"), "updated_at"),
		ID:           r.text(t.Get("id"), "id"),
		Job:          r.reference(t.Get("job"), "job"),
	}
	b.Extracted = r.extracted(t.Get("extracted_data"))
	if f := t.Get("findings"); f.Has("verdict") || f.Has("tags") {
		findings := r.findings(f)
		b.Findings = &findings
	}
	return b, r.err
}

func (r *taker) extracted(t *Tree) []Extracted {
	if t.kind == isNull {
		return nil
	}
	out := []Extracted{}
	for _, item := range r.list(t, "extracted", "extracted_data") {
		e := Extracted{Tag: r.text(item.Get("autograph_tag"), "extracted_data.autograph_tag")}
		for _, a := range r.list(item.Get("access_stats"), "access_stat", "extracted_data.access_stats") {
			e.Accesses = append(e.Accesses, r.accessStat(a))
		}
		out = append(out, e)
	}
	return out
}

func (r *taker) accessStat(t *Tree) AccessStat {
	text := func(key string) string { return r.text(t.Get(key), "extracted_data.access_stats."+key) }
	return AccessStat{
		IPAddress:          text("ip_address"),
		IPCountry:          text("ip_country"),
		IPType:             text("ip_type"),
		UserAgent:          text("user_agent"),
		AcceptLanguage:     text("accept_language"),
		FirstAccessedAt:    r.integer(t.Get("first_accessed_at"), "extracted_data.access_stats.first_accessed_at"),
		PercentageObtained: text("percentage_obtained"),
		HighestResolution:  text("highest_resolution"),
		StreamingOnly:      text("streaming_only"),
	}
}
