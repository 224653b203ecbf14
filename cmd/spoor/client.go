// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"strings"
	"time"

	"spoor/api/server"
	"spoor/api/wire"
	"spoor/storage"
)

type clientCommand struct {
	Add    clientAdd    `cmd:"" help:"Make a client, and show its secret once."`
	List   clientList   `cmd:"" help:"List the clients."`
	Revoke clientRevoke `cmd:"" help:"End the rights of a client at once."`
}

type clientAdd struct {
	Name  string `arg:"" help:"What it is, such as a program or a person."`
	Scope string `default:"me,mediahub" help:"What it may do, separated by commas: ${scopes}."`
	Owner string `help:"User that it acts for (default: the first one, who is made with the first client)." placeholder:"NAME"`
}

// Help is the example.
func (clientAdd) Help() string {
	return "Clients of one owner see each other's backtraces and uploads; those of other owners do not exist for them.\n\nExamples:\n" +
		"  spoor client add desktop-anna --scope me,mediahub\n  spoor client add dashboard --scope mediahub_read --json"
}

// clientAddJSON is shown once.
type clientAddJSON struct {
	ID     string `json:"client_id"`
	Secret string `json:"client_secret"`
}

// Run makes a client.
func (c *clientAdd) Run(a *app) error {
	scopes, err := wire.SplitScopes(c.Scope)
	if err != nil || len(scopes) == 0 {
		return usageError("--scope takes one or more of " + strings.Join(wire.Scopes(), ", "))
	}
	e, err := a.open()
	if err != nil {
		return err
	}
	defer e.Close()
	app, secret, err := server.NewClient(a.ctx, e.Store(), c.Name, c.Owner, scopes)
	if err != nil {
		return err
	}
	a.say("client_id      %s", app.ID)
	a.say("client_secret  %s", secret)
	a.hint("the secret is kept nowhere: write it down now")
	return a.print(clientAddJSON{app.ID, secret})
}

// clientJSON is a client as programs get it.
type clientJSON struct {
	ID        string     `json:"client_id"`
	Name      string     `json:"name"`
	Owner     string     `json:"owner"`
	Scopes    []string   `json:"scopes"`
	CreatedAt time.Time  `json:"created_at"`
	RevokedAt *time.Time `json:"revoked_at"`
}

type clientList struct{}

// Help is the example.
func (clientList) Help() string { return "Example:\n  spoor client list" }

// Run lists clients.
func (c *clientList) Run(a *app) error {
	e, err := a.open()
	if err != nil {
		return err
	}
	defer e.Close()
	list, _, err := e.Store().Applications(a.ctx, "", storage.Slice{})
	if err != nil {
		return err
	}
	all := []clientJSON{}
	var rows table
	rows.add("CLIENT ID", "NAME", "OWNER", "SCOPES", "MADE", "REVOKED")
	for _, one := range list {
		owner, err := e.Store().User(a.ctx, one.UserID)
		if err != nil {
			return err
		}
		all = append(all, clientJSON{one.ID, one.Name, owner.Name, one.Scopes, one.CreatedAt, one.RevokedAt})
		revoked := ""
		if one.RevokedAt != nil {
			revoked = day(*one.RevokedAt)
		}
		rows.add(one.ID, one.Name, owner.Name, strings.Join(one.Scopes, ","), day(one.CreatedAt), revoked)
	}
	if !a.json {
		rows.write(a.term.out)
	}
	return a.print(all)
}

type clientRevoke struct {
	ID string `arg:"" help:"Its client_id."`
}

// Help is the example.
func (clientRevoke) Help() string {
	return "Its tokens stop working at once. What it made stays.\n\nExample:\n  spoor client revoke 552b87a814eab3a29d1b3d90"
}

// Run revokes a client.
func (c *clientRevoke) Run(a *app) error {
	e, err := a.open()
	if err != nil {
		return err
	}
	defer e.Close()
	if err := e.Store().RevokeApplication(a.ctx, c.ID); err != nil {
		return err
	}
	a.say("revoked %s", c.ID)
	return a.print(map[string]string{"client_id": c.ID})
}
