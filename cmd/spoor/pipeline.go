// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"fmt"

	"spoor/api/server"
	"spoor/storage"
)

type pipelineCommand struct {
	Add  pipelineAdd  `cmd:"" help:"Make a pipeline."`
	List pipelineList `cmd:"" help:"List the pipelines."`
}

type pipelineAdd struct {
	Name     string `arg:"" help:"A name."`
	Input    string `required:"" help:"Folder or http(s) address below which inputs lie." placeholder:"DIR|URI"`
	ID       string `help:"Take over the id that scripts already use." placeholder:"ID"`
	Started  string `group:"pings" help:"Address that is told when a backtrace starts." placeholder:"URL"`
	Finished string `group:"pings" help:"... when it is finished." placeholder:"URL"`
	Warning  string `group:"pings" help:"... when it is finished, but its input was damaged." placeholder:"URL"`
	Error    string `group:"pings" help:"... when it failed." placeholder:"URL"`
	PingKey  string `group:"pings" help:"Key that pings are signed with (default: a new one, shown once)." placeholder:"TEXT"`
}

// Help is the example.
func (pipelineAdd) Help() string {
	return "Says where the API's inputs come from. A client can reach nothing outside of the inputs of pipelines. A pipeline\n" +
		"named default always exists, for uploads.\n\nExamples:\n  spoor pipeline add incoming --input /srv/leaks\n" +
		"  spoor pipeline add bucket --input https://files.example/leaks/ --finished https://ci.example/hook"
}

// pipelineJSON is a pipeline as programs get it. The key is shown only when it was made.
type pipelineJSON struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Input   string `json:"input"`
	PingKey string `json:"ping_key,omitempty"`
}

// Run makes a pipeline.
func (c *pipelineAdd) Run(a *app) error {
	p := storage.Pipeline{
		ID: c.ID, Name: c.Name, PingStarted: c.Started, PingFinished: c.Finished,
		PingWarning: c.Warning, PingError: c.Error, PingKey: c.PingKey,
	}
	for _, address := range []string{c.Started, c.Finished, c.Warning, c.Error} {
		if address == "" {
			continue
		}
		p.Pings = true
		if !server.IsAddress(address) {
			return usageError(fmt.Sprintf("%q is no http(s) address", address))
		}
	}
	if p.Pings && p.PingKey == "" {
		p.PingKey, _ = server.NewSecret()
	}
	var err error
	if p.Input, err = server.InputOf(c.Input); err != nil {
		return err
	}
	e, err := a.open()
	if err != nil {
		return err
	}
	defer e.Close()
	if err := e.Store().AddPipeline(a.ctx, &p); err != nil {
		return err
	}
	out := pipelineJSON{p.ID, p.Name, p.Input, p.PingKey}
	if c.PingKey != "" {
		out.PingKey = ""
	}
	a.say("%s  %s  %s", out.ID, out.Name, out.Input)
	if out.PingKey != "" {
		a.say("pings are signed with  %s", out.PingKey)
	}
	return a.print(out)
}

type pipelineList struct{}

// Help is the example.
func (pipelineList) Help() string { return "Example:\n  spoor pipeline list" }

// Run lists pipelines.
func (c *pipelineList) Run(a *app) error {
	e, err := a.open()
	if err != nil {
		return err
	}
	defer e.Close()
	if err := e.Store().EnsureDefaultPipeline(a.ctx); err != nil {
		return err
	}
	list, _, err := e.Store().Pipelines(a.ctx, storage.Slice{})
	if err != nil {
		return err
	}
	all := []pipelineJSON{}
	var rows table
	rows.add("ID", "NAME", "INPUT", "PINGS")
	for _, p := range list {
		all = append(all, pipelineJSON{ID: p.ID, Name: p.Name, Input: p.Input})
		pings := "off"
		if p.Pings {
			pings = "on"
		}
		rows.add(p.ID, p.Name, p.Input, pings)
	}
	if !a.json {
		rows.write(a.term.out)
	}
	return a.print(all)
}
