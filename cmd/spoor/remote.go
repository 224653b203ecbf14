// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
	"time"

	"spoor/api/client"
	"spoor/api/sync"
	"spoor/engine"
	"spoor/storage"
)

type remoteCommand struct {
	Add    remoteAdd    `cmd:"" help:"Work with a server."`
	List   remoteList   `cmd:"" help:"List the servers."`
	Remove remoteRemove `cmd:"" help:"Forget a server and what was copied from it."`
	Test   remoteTest   `cmd:"" help:"See whether a server can be reached and takes us in."`
}

type remoteAdd struct {
	URL        string `arg:"" help:"Address of the server, such as https://team.example."`
	ID         string `name:"client-id" required:"" help:"What its operator gave you." placeholder:"ID"`
	SecretFile string `help:"File with the secret that its operator gave you (default: from standard input)." placeholder:"FILE"`
	Name       string `help:"What to call it (default: the host)." placeholder:"NAME"`
}

// Help is the example.
func (remoteAdd) Help() string {
	return "The secret is kept in keys/ of the home, for its owner only, encrypted where keys are. It is never an\n" +
		"argument, where others could see it.\n\n" +
		"Examples:\n  spoor remote add https://team.example --client-id 552b87a814eab3a29d1b3d90 --secret-file secret.txt\n" +
		"  pass show team | spoor remote add https://team.example --client-id 552b87a814eab3a29d1b3d90"
}

// remoteJSON is a server as programs get it.
type remoteJSON struct {
	ID       string     `json:"id"`
	Name     string     `json:"name"`
	URL      string     `json:"url"`
	ClientID string     `json:"client_id"`
	SweptAt  *time.Time `json:"swept_at"`
}

func remoteOut(r storage.Remote) remoteJSON {
	out := remoteJSON{ID: r.ID, Name: r.Name, URL: r.URL, ClientID: r.ClientID}
	if !r.SweptAt.IsZero() {
		out.SweptAt = &r.SweptAt
	}
	return out
}

func (c *remoteAdd) check(*app) error {
	if _, err := client.New(client.Config{URL: c.URL}); err != nil {
		return usageError(err.Error())
	}
	return nil
}

// Run records a server.
func (c *remoteAdd) Run(a *app, e *engine.Engine) error {
	secret, err := c.secret()
	if err != nil {
		return err
	}
	if u, err := url.Parse(c.URL); err == nil && c.Name == "" {
		c.Name = u.Host
	}
	r := storage.Remote{Name: c.Name, URL: c.URL, ClientID: c.ID}
	if err := e.Store().AddRemote(a.ctx, &r, secret); err != nil {
		return err
	}
	a.say("%s  %s  %s", r.ID, r.Name, r.URL)
	a.hint("spoor remote test %s shows whether it works", r.Name)
	if strings.HasPrefix(c.URL, "http://") {
		a.warn("%s is not encrypted: whoever is on the way reads everything", c.URL)
	}
	return a.print(remoteOut(r))
}

// secret reads one line.
func (c *remoteAdd) secret() (string, error) {
	var in io.Reader = os.Stdin
	if c.SecretFile != "" {
		f, err := os.Open(c.SecretFile)
		if err != nil {
			return "", fmt.Errorf("the secret cannot be read: %w", err)
		}
		defer f.Close()
		in = f
	}
	line, err := bufio.NewReader(io.LimitReader(in, 4096)).ReadString('\n')
	if secret := strings.TrimSpace(line); secret != "" {
		return secret, nil
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("the secret cannot be read: %w", err)
	}
	return "", usageError("there is no secret: give it by --secret-file or on standard input")
}

type remoteList struct{}

// Help is the example.
func (remoteList) Help() string { return "Example:\n  spoor remote list" }

// Run lists servers.
func (remoteList) Run(a *app, e *engine.Engine) error {
	list, err := e.Store().Remotes(a.ctx)
	if err != nil {
		return err
	}
	all := []remoteJSON{}
	var rows table
	rows.add("ID", "NAME", "ADDRESS", "COPIED")
	for _, r := range list {
		all = append(all, remoteOut(r))
		copied := "never"
		if !r.SweptAt.IsZero() {
			copied = day(r.SweptAt)
		}
		rows.add(r.ID, r.Name, r.URL, copied)
	}
	if !a.json {
		rows.write(a.term.out)
	}
	return a.print(all)
}

type remoteRemove struct {
	Remote string `arg:"" help:"Id or name."`
}

// Help is the example.
func (remoteRemove) Help() string {
	return "Nothing changes on the server.\n\nExample:\n  spoor remote remove team.example"
}

// Run forgets a server.
func (c *remoteRemove) Run(a *app, e *engine.Engine) error {
	r, err := e.Store().Remote(a.ctx, c.Remote)
	if err != nil {
		return err
	}
	if err := e.Store().RemoveRemote(a.ctx, r.ID); err != nil {
		return err
	}
	a.say("removed %s", r.Name)
	return a.print(remoteOut(r))
}

type remoteTest struct {
	Remote string `arg:"" optional:"" help:"Id or name (default: the only one)."`
}

// Help is the example.
func (remoteTest) Help() string { return "Example:\n  spoor remote test team.example" }

// Run asks a server for one backtrace.
func (c *remoteTest) Run(a *app) error {
	return a.withRemote(c.Remote, func(_ *engine.Engine, r *sync.Remote) error {
		list, err := r.Client.List(a.ctx, client.Query{Limit: 1})
		if err != nil {
			return err
		}
		a.say("%s works: it has %s backtraces of ours", r.Name, grouped(list.Total))
		return a.print(map[string]any{"name": r.Name, "backtraces": list.Total})
	})
}

// withRemote opens the home for as long as something is done with one of its servers.
func (a *app) withRemote(idOrName string, do func(e *engine.Engine, r *sync.Remote) error) error {
	return a.withEngine(func(e *engine.Engine) error {
		r, err := a.remote(e, idOrName)
		if err != nil {
			return err
		}
		return do(e, r)
	})
}

// remote is a server, or the only one.
func (a *app) remote(e *engine.Engine, idOrName string) (*sync.Remote, error) {
	if idOrName == "" {
		list, err := e.Store().Remotes(a.ctx)
		switch {
		case err != nil:
			return nil, err
		case len(list) == 0:
			return nil, usageError("there is no remote yet: spoor remote add URL")
		case len(list) > 1:
			return nil, usageError("there are several remotes: say which one")
		}
		idOrName = list[0].ID
	}
	return sync.Open(a.ctx, e, idOrName)
}
