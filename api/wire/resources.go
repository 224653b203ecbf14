// SPDX-License-Identifier: AGPL-3.0-or-later

package wire

// Job is an original video, a title in Spoor's words.
type Job struct {
	ID, Name                        string
	DurationMS, Width, Height, Tags int64
	CreatedAt                       int64
}

// Object returns the keys in order.
func (j *Job) Object() Object {
	return Object{
		{"name", orNil(j.Name)},
		{"duration_ms", j.DurationMS},
		{"width", j.Width},
		{"height", j.Height},
		{"tags", j.Tags},
		{"created_at", timeOrNil(j.CreatedAt)},
		{"id", j.ID},
	}
}

// Pings are the addresses that are told about a backtrace.
type Pings struct {
	Error, Warning, Started, Finished string
}

// Pipeline says where inputs come from and who is told.
type Pipeline struct {
	ID, Name, InputDir string
	Pings              Pings
	BacktracePings     bool
	CreatedAt          int64
}

// Object returns the keys in order. InputDir must be without credentials already.
func (p *Pipeline) Object() Object {
	return Object{
		{"name", orNil(p.Name)},
		{"input_download_dir", orNil(p.InputDir)},
		{"ping_urls", Object{
			{"error", orNil(p.Pings.Error)},
			{"warning", orNil(p.Pings.Warning)},
			{"started", orNil(p.Pings.Started)},
			{"finished", orNil(p.Pings.Finished)},
		}},
		{"enable_backtrace_pings", p.BacktracePings},
		{"created_at", timeOrNil(p.CreatedAt)},
		{"id", p.ID},
	}
}

// File is a file that was uploaded.
type File struct {
	ID, Name, ObjectKey, SHA256 string
	Size                        int64
	Application, User           string
	CreatedAt                   int64
}

// Object returns the keys in order.
func (f *File) Object(link Linker) Object {
	return Object{
		{"name", orNil(f.Name)},
		{"object_key", orNil(f.ObjectKey)},
		{"size", f.Size},
		{"sha256", orNil(f.SHA256)},
		{"application", ref(link, KindApplication, f.Application)},
		{"user", ref(link, KindUser, f.User)},
		{"created_at", timeOrNil(f.CreatedAt)},
		{"id", f.ID},
	}
}

// Application is a program that uses the API.
type Application struct {
	ID, Name, User string
	Scopes         []string
	CreatedAt      int64
}

// Object returns the keys in order.
func (a *Application) Object(link Linker) Object {
	scopes := List{Item: "scope"}
	for _, s := range a.Scopes {
		scopes.Values = append(scopes.Values, s)
	}
	return Object{
		{"name", orNil(a.Name)},
		{"scopes", scopes},
		{"user", ref(link, KindUser, a.User)},
		{"created_at", timeOrNil(a.CreatedAt)},
		{"id", a.ID},
	}
}

// User owns applications and what they make.
type User struct {
	ID, Name  string
	CreatedAt int64
}

// Object returns the keys in order.
func (u *User) Object() Object {
	return Object{{"name", orNil(u.Name)}, {"created_at", timeOrNil(u.CreatedAt)}, {"id", u.ID}}
}

// Named is what a client needs to know of any of these.
type Named struct {
	ID, Name string
}

// ReadNamed takes id and name from an object of the kind, bare or as {kind: object}.
func ReadNamed(t *Tree, kind string) (Named, error) {
	if t.Has(kind) {
		t = t.Get(kind)
	}
	r := taker{lenient: true}
	t = r.object(t, kind)
	n := Named{ID: r.text(t.Get("id"), "id"), Name: r.text(t.Get("name"), "name")}
	return n, r.err
}

// ReadNames takes id and name of every object of a list.
func ReadNames(t *Tree, kind string) ([]Named, error) {
	r := taker{lenient: true}
	var out []Named
	for _, item := range r.list(t.Get(kind+"s"), kind, kind+"s") {
		n, err := ReadNamed(item, kind)
		if err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	return out, r.err
}
