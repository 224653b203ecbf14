// SPDX-License-Identifier: AGPL-3.0-or-later

package report

import (
	"context"
	"crypto/sha1" //nolint:gosec // UUIDs of version 5 are made with it, they keep nothing secret
	"fmt"
	"io"
	"strings"
	"time"
)

// WriteCASE writes a report for other forensic tools, as JSON-LD in the terms of CASE 1.3 and UCO 1.3: the exhibits with
// their hashes, the tool, the examiner, what was done to which exhibit and what came out, in the order of a provenance
// record. The ids are made from what they name, so that the same case gives the same bytes.
func WriteCASE(ctx context.Context, w io.Writer, r *Report, o Options) error {
	if err := o.Check(); err != nil {
		return err
	}
	texts, err := wordsOf(o.Lang)
	if err != nil {
		return err
	}
	c := caseGraph{r: r.For(o), w: texts}
	return writeJSON(ctx, w, object{
		{"@context", object{
			{"kb", "urn:spoor:kb:"},
			{"spoor", "urn:spoor:vocabulary:"},
			{"case-investigation", "https://ontology.caseontology.org/case/investigation/"},
			{"uco-action", "https://ontology.unifiedcyberontology.org/uco/action/"},
			{"uco-core", "https://ontology.unifiedcyberontology.org/uco/core/"},
			{"uco-identity", "https://ontology.unifiedcyberontology.org/uco/identity/"},
			{"uco-observable", "https://ontology.unifiedcyberontology.org/uco/observable/"},
			{"uco-tool", "https://ontology.unifiedcyberontology.org/uco/tool/"},
			{"uco-types", "https://ontology.unifiedcyberontology.org/uco/types/"},
			{"uco-vocabulary", "https://ontology.unifiedcyberontology.org/uco/vocabulary/"},
			{"xsd", "http://www.w3.org/2001/XMLSchema#"},
		}},
		{"@graph", array{"", c.nodes}},
	})
}

// caseGraph makes the nodes of the graph.
type caseGraph struct {
	r *Report
	w *words
}

// node is the id of what a name says: a UUID of version 5.
func node(kind string, name ...string) string {
	hash := sha1.New() //nolint:gosec // see above
	fmt.Fprintf(hash, "spoor %s %q", kind, name)
	u := hash.Sum(nil)[:16]
	u[6], u[8] = u[6]&0x0F|0x50, u[8]&0x3F|0x80
	return fmt.Sprintf("kb:%s-%x-%x-%x-%x-%x", kind, u[:4], u[4:6], u[6:8], u[8:10], u[10:])
}

func reference(id string) object { return object{{"@id", id}} }

func typed(kind, value string) object { return object{{"@type", kind}, {"@value", value}} }

func moment(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return typed("xsd:dateTime", iso(t))
}

func (c *caseGraph) nodes(yield func(any) error) error {
	examiner, tool := node("person", c.r.Case.ID, c.r.Case.Examiner), node("tool", c.r.Program)
	list := []any{
		object{
			{"@id", node("bundle", c.r.Case.ID)},
			{"@type", "uco-core:Bundle"},
			{"uco-core:name", textOr(c.r.Case.Name)},
			{"uco-core:description", c.w.Subject},
			{"uco-core:objectCreatedTime", moment(c.r.Made)},
			{"uco-core:object", c.references([]string{node("investigation", c.r.Case.ID)}, "file")},
		},
		object{
			{"@id", node("investigation", c.r.Case.ID)},
			{"@type", "case-investigation:Investigation"},
			{"uco-core:name", textOr(c.r.Case.Name)},
			{"case-investigation:investigationStatus", textOr(c.r.Case.State)},
			{"uco-core:objectCreatedTime", moment(c.r.Case.Created)},
			{"uco-core:object", c.references([]string{examiner, tool}, "record")},
		},
		object{
			{"@id", examiner}, {"@type", "uco-identity:Person"}, {"uco-core:name", c.w.orNone(c.r.Case.Examiner)},
		},
		object{
			{"@id", tool},
			{"@type", "uco-tool:Tool"},
			{"uco-core:name", "Spoor"},
			{"uco-tool:toolType", "video watermark examination"},
			{"uco-tool:version", textOr(c.r.Program)},
		},
	}
	for _, one := range list {
		if err := yield(one); err != nil {
			return err
		}
	}
	for i := range c.r.Exhibits {
		if err := c.exhibit(&c.r.Exhibits[i], examiner, tool, yield); err != nil {
			return err
		}
	}
	return nil
}

// references are those to some nodes and to one of each exhibit.
func (c *caseGraph) references(first []string, kind string) array {
	for i := range c.r.Exhibits {
		first = append(first, node(kind, c.r.Exhibits[i].ID))
	}
	return arrayOf("", first, func(id *string) any { return reference(*id) })
}

// address yields where a file was found, and that it is from there. A file is no address, says the ontology: the two are
// disjoint.
func (c *caseGraph) address(x *Exhibit, yield func(any) error) error {
	if x.Acquisition == nil || x.Acquisition.Address == "" {
		return nil
	}
	err := yield(object{
		{"@id", node("url", x.ID)},
		{"@type", "uco-observable:URL"},
		{"uco-core:hasFacet", arrayOf("", []string{x.Acquisition.Address}, func(address *string) any {
			return object{{"@id", node("url-facet", x.ID)}, {"@type", "uco-observable:URLFacet"}, {"uco-observable:fullValue", *address}}
		})},
	})
	if err != nil {
		return err
	}
	return yield(object{
		{"@id", node("relationship", x.ID)},
		{"@type", "uco-observable:ObservableRelationship"},
		{"uco-core:source", reference(node("file", x.ID))},
		{"uco-core:target", reference(node("url", x.ID))},
		{"uco-core:kindOfRelationship", "Downloaded_From"},
		{"uco-core:isDirectional", true},
	})
}

// exhibit yields a file, its record, and each examination with what came out.
func (c *caseGraph) exhibit(x *Exhibit, examiner, tool string, yield func(any) error) error {
	file, record := node("file", x.ID), node("record", x.ID)
	err := yield(object{
		{"@id", file},
		{"@type", "uco-observable:File"},
		{"uco-core:hasFacet", arrayOf("", c.facets(x), func(o *object) any { return *o })},
	})
	if err != nil {
		return err
	}
	if err := c.address(x, yield); err != nil {
		return err
	}
	err = yield(object{
		{"@id", record},
		{"@type", "case-investigation:ProvenanceRecord"},
		{"case-investigation:exhibitNumber", fmt.Sprint(x.Number)},
		{"uco-core:description", c.w.fileSentence(x)},
		{"uco-core:objectCreatedTime", moment(x.TakenIn)},
		{"uco-core:object", arrayOf("", []string{file}, func(id *string) any { return reference(*id) })},
	})
	if err != nil {
		return err
	}
	for i := range x.Traces {
		t := &x.Traces[i]
		if err := yield(c.result(x, t)); err != nil {
			return err
		}
		err := yield(object{
			{"@id", node("action", t.ID)},
			{"@type", "case-investigation:InvestigativeAction"},
			{"uco-core:name", "watermark examination, " + c.w.methodShort(t.Method)},
			{"uco-core:description", textOr(strings.Join(c.w.remarks(t.Tried), "; "))},
			{"uco-action:startTime", moment(t.Created)},
			{"uco-action:endTime", moment(t.Finished)},
			{"uco-action:performer", reference(examiner)},
			{"uco-action:instrument", reference(tool)},
			{"uco-action:object", reference(file)},
			{"uco-action:result", reference(node("result", t.ID))},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *caseGraph) facets(x *Exhibit) []object {
	var hashes []object
	if x.SHA256 != "" {
		hashes = append(hashes, hashNode(x.ID, "SHA256", x.SHA256))
	}
	if x.SHA512 != "" {
		hashes = append(hashes, hashNode(x.ID, "SHA512", x.SHA512))
	}
	list := []object{
		{
			{"@id", node("file-facet", x.ID)},
			{"@type", "uco-observable:FileFacet"},
			{"uco-observable:fileName", textOr(x.FileName)},
			{"uco-observable:filePath", textOr(x.Path)},
			{"uco-observable:sizeInBytes", x.Size},
			{"uco-observable:modifiedTime", moment(x.Modified)},
		},
		{
			{"@id", node("content-facet", x.ID)},
			{"@type", "uco-observable:ContentDataFacet"},
			{"uco-observable:sizeInBytes", x.Size},
			{"uco-observable:hash", arrayOf("", hashes, func(o *object) any { return *o })},
		},
	}
	return list
}

func hashNode(id, method, value string) object {
	return object{
		{"@id", node("hash", id, method)},
		{"@type", "uco-types:Hash"},
		{"uco-types:hashMethod", typed("uco-vocabulary:HashNameVocab", method)},
		{"uco-types:hashValue", typed("xsd:hexBinary", strings.ToUpper(value))},
	}
}

// result is what came out of an examination, as a record of its own: UCO has no class for a watermark.
func (c *caseGraph) result(x *Exhibit, t *Trace) object {
	sentences := []string{c.w.verdictLong(t.answer()) + "."}
	for i := range t.Findings {
		f := &t.Findings[i]
		sentences = append(sentences, c.w.TagIs+": "+f.Tag+".", c.w.chanceSentence(f.Log10P, t.TagsCompared), c.w.CopyNotPerson)
	}
	var tags any
	if len(t.Findings) > 0 {
		tags = arrayOf("", t.Findings, func(f *Finding) any {
			return object{
				{"@id", node("finding", t.ID, f.TitleID, f.Tag)},
				{"@type", "uco-core:UcoObject"},
				{"uco-core:name", f.Tag},
				{"spoor:log10P", number(f.Log10P)},
				{"spoor:score", number(f.Score)},
				{"spoor:weight", number(f.Weight)},
			}
		})
	}
	return object{
		{"@id", node("result", t.ID)},
		{"@type", "case-investigation:ProvenanceRecord"},
		{"case-investigation:exhibitNumber", fmt.Sprintf("%d/%s", x.Number, t.ID)},
		{"uco-core:description", strings.Join(sentences, " ")},
		{"uco-core:objectCreatedTime", moment(t.Finished)},
		{"uco-core:object", reference(node("file", x.ID))},
		{"spoor:verdict", textOr(t.Verdict)},
		{"spoor:finding", tags},
	}
}
