// SPDX-License-Identifier: AGPL-3.0-or-later

package server

import (
	"net/http"

	"spoor/api/keep"
	"spoor/api/wire"
	"spoor/storage"
)

// kind is a kind of objects that can be looked at only.
type kind struct {
	name string
	// page returns a part of the objects that the client may see, and how many there are.
	page func(*call, storage.Slice) ([]wire.Object, int64, error)
	// find returns one that the client may see; an error of code NotFound where there is none.
	find func(c *call, id string) (wire.Object, error)
}

func kinds() []kind {
	return []kind{
		{wire.KindJob, (*call).jobs, (*call).job},
		{wire.KindPipeline, (*call).pipelines, (*call).pipeline},
		{wire.KindFile, (*call).files, (*call).file},
		{wire.KindApplication, (*call).applications, (*call).ownApplication},
		{wire.KindUser, (*call).users, (*call).user},
	}
}

// list is GET of the collection.
func (k kind) list(c *call) error {
	part, err := slice(c.query)
	if err != nil {
		return err
	}
	if _, err := c.expansion(); err != nil {
		return err
	}
	objects, total, err := k.page(c, part)
	if err != nil {
		return err
	}
	return c.page(k.name, objects, total, part)
}

// get is GET of one.
func (k kind) get(c *call) error {
	id := c.r.PathValue("id")
	if k.name == wire.KindUser && id == "me" {
		id = c.app.UserID
	}
	if !storage.IsID(id) {
		return wire.NotFound(k.name)
	}
	o, err := k.find(c, id)
	if storage.CodeOf(err) == storage.NotFound {
		return wire.NotFound(k.name)
	}
	if err != nil {
		return err
	}
	return c.one(http.StatusOK, k.name, id, o)
}

// each turns stored things into objects.
func each[T any](list []T, total int64, err error, object func(*T) wire.Object) ([]wire.Object, int64, error) {
	out := make([]wire.Object, len(list))
	for i := range list {
		out[i] = object(&list[i])
	}
	return out, total, err
}

func missing(kind, id string) error {
	return &storage.Error{Code: storage.NotFound, Message: "there is no " + kind + " " + id}
}

func (c *call) jobs(part storage.Slice) ([]wire.Object, int64, error) {
	list, total, err := c.store.TitleSlice(c.ctx(), part)
	return each(list, total, err, jobObject)
}

func (c *call) job(id string) (wire.Object, error) {
	t, err := c.store.Title(c.ctx(), id)
	return jobObject(&t), err
}

func jobObject(t *storage.Title) wire.Object {
	j := wire.Job{
		ID: t.ID, Name: t.Name, DurationMS: t.Duration.Milliseconds(),
		Width: int64(t.Width), Height: int64(t.Height), CreatedAt: keep.Millis(t.CreatedAt),
	}
	return j.Object()
}

func (c *call) pipelines(part storage.Slice) ([]wire.Object, int64, error) {
	list, total, err := c.store.Pipelines(c.ctx(), part)
	return each(list, total, err, pipelineObject)
}

func (c *call) pipeline(id string) (wire.Object, error) {
	p, err := c.store.Pipeline(c.ctx(), id)
	return pipelineObject(&p), err
}

func pipelineObject(p *storage.Pipeline) wire.Object {
	out := wire.Pipeline{
		ID: p.ID, Name: p.Name, InputDir: withoutCredentials(p.Input), BacktracePings: p.Pings, CreatedAt: keep.Millis(p.CreatedAt),
		Pings: wire.Pings{
			Error: withoutCredentials(p.PingError), Warning: withoutCredentials(p.PingWarning),
			Started: withoutCredentials(p.PingStarted), Finished: withoutCredentials(p.PingFinished),
		},
	}
	return out.Object()
}

func (c *call) files(part storage.Slice) ([]wire.Object, int64, error) {
	list, total, err := c.store.Files(c.ctx(), c.app.UserID, part)
	return each(list, total, err, c.fileObject)
}

func (c *call) file(id string) (wire.Object, error) {
	f, err := c.store.File(c.ctx(), id)
	if err == nil && f.UserID != c.app.UserID {
		err = missing(wire.KindFile, id)
	}
	return c.fileObject(&f), err
}

func (c *call) fileObject(f *storage.File) wire.Object {
	out := wire.File{
		ID: f.ID, Name: f.Name, ObjectKey: f.ObjectKey, Size: f.Size, SHA256: f.SHA256, Application: f.ApplicationID, User: f.UserID,
		CreatedAt: keep.Millis(f.CreatedAt),
	}
	return out.Object(c.href)
}

func (c *call) applications(part storage.Slice) ([]wire.Object, int64, error) {
	list, total, err := c.store.Applications(c.ctx(), c.app.UserID, part)
	return each(list, total, err, c.applicationObject)
}

func (c *call) ownApplication(id string) (wire.Object, error) {
	a, err := c.store.Application(c.ctx(), id)
	if err == nil && a.UserID != c.app.UserID {
		err = missing(wire.KindApplication, id)
	}
	return c.applicationObject(&a), err
}

func (c *call) applicationObject(a *storage.Application) wire.Object {
	out := wire.Application{ID: a.ID, Name: a.Name, User: a.UserID, Scopes: a.Scopes, CreatedAt: keep.Millis(a.CreatedAt)}
	return out.Object(c.href)
}

// users lists the one user that a client may see: its own.
func (c *call) users(part storage.Slice) ([]wire.Object, int64, error) {
	if part.Start > 0 {
		return nil, 1, nil
	}
	o, err := c.user(c.app.UserID)
	return []wire.Object{o}, 1, err
}

func (c *call) user(id string) (wire.Object, error) {
	if id != c.app.UserID {
		return nil, missing(wire.KindUser, id)
	}
	u, err := c.store.User(c.ctx(), id)
	out := wire.User{ID: u.ID, Name: u.Name, CreatedAt: keep.Millis(u.CreatedAt)}
	return out.Object(), err
}

// resolver looks references up, each once per request.
func (c *call) resolver() wire.Resolver {
	known := map[string]wire.Object{}
	return func(r wire.Ref) (wire.Object, bool, error) {
		name := r.Kind + "/" + r.ID
		if o, ok := known[name]; ok {
			return o, o != nil, nil
		}
		o, err := c.lookUp(r)
		if storage.CodeOf(err) == storage.NotFound {
			o, err = nil, nil
		}
		if err == nil {
			known[name] = o
		}
		return o, o != nil, err
	}
}

func (c *call) lookUp(r wire.Ref) (wire.Object, error) {
	if r.Kind == wire.KindFindings {
		b, err := c.own(r.ID)
		if err != nil {
			return nil, err
		}
		f, err := keep.Findings(&b)
		return f.Object(c.href), err
	}
	for _, k := range kinds() {
		if k.name == r.Kind {
			return k.find(c, r.ID)
		}
	}
	return nil, missing(r.Kind, r.ID)
}
