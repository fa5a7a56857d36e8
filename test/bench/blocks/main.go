// Writes blocks of a Prometheus TSDB from a description on stdin, faster than promtool by some hundred times: all series
// of a class have the same samples, so a chunk is encoded once and then copied for each of them.
package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"math"
	mathrand "math/rand"
	"os"
	"path/filepath"
	"sort"

	"github.com/oklog/ulid/v2"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/tsdb/index"
)

const samplesPerChunk = 120

// Class tells how the values of a series come about.
type Class struct {
	// First value; of a counter what it had counted before.
	First float64 `json:"first"`
	// Growth of a counter in a step on average, or width of the band a gauge moves in.
	Step    float64 `json:"step"`
	Counter bool    `json:"counter"`
	// Whole numbers only.
	Whole bool `json:"whole"`
}

type Series struct {
	Class  int               `json:"class"`
	Labels map[string]string `json:"labels"`
}

type Work struct {
	Folder string `json:"folder"`
	// Unix seconds; the first sample is at start, the last before end.
	Start int64 `json:"start"`
	End   int64 `json:"end"`
	// Seconds between two samples, and of a block.
	Step    int64    `json:"step"`
	Block   int64    `json:"block"`
	Classes []Class  `json:"classes"`
	Series  []Series `json:"series"`
}

func main() {
	var work Work
	check(json.NewDecoder(bufio.NewReaderSize(os.Stdin, 1<<20)).Decode(&work))
	type sorted struct {
		class  int
		labels labels.Labels
	}
	all := make([]sorted, len(work.Series))
	symbols := map[string]struct{}{}
	for i, one := range work.Series {
		all[i] = sorted{one.Class, labels.FromMap(one.Labels)}
		for name, value := range one.Labels {
			symbols[name], symbols[value] = struct{}{}, struct{}{}
		}
	}
	sort.Slice(all, func(a, b int) bool { return labels.Compare(all[a].labels, all[b].labels) < 0 })
	words := make([]string, 0, len(symbols))
	for word := range symbols {
		words = append(words, word)
	}
	sort.Strings(words)

	values := make([]float64, len(work.Classes))
	random := make([]*mathrand.Rand, len(work.Classes))
	for i, class := range work.Classes {
		values[i] = class.First
		random[i] = mathrand.New(mathrand.NewSource(int64(i)))
	}
	samples := int64(0)
	for from := work.Start; from < work.End; from += work.Block {
		to := min(from+work.Block, work.End)
		id, err := ulid.New(uint64(from)*1000, rand.Reader)
		check(err)
		folder := filepath.Join(work.Folder, id.String())
		check(os.MkdirAll(folder, 0o755))
		writer, err := chunks.NewWriter(filepath.Join(folder, "chunks"))
		check(err)
		metas := make([][]chunks.Meta, len(work.Classes))
		for i, class := range work.Classes {
			metas[i], values[i] = encoded(class, values[i], random[i], from, to, work.Step)
		}
		indexes, err := index.NewWriter(context.Background(), filepath.Join(folder, "index"))
		check(err)
		for _, word := range words {
			check(indexes.AddSymbol(word))
		}
		numChunks := 0
		for i, one := range all {
			own := append([]chunks.Meta(nil), metas[one.class]...)
			check(writer.WriteChunks(own...))
			check(indexes.AddSeries(storage.SeriesRef(i+1), one.labels, own...))
			numChunks += len(own)
		}
		check(writer.Close())
		check(indexes.Close())
		numSamples := int64(len(all)) * ((to - from + work.Step - 1) / work.Step)
		samples += numSamples
		meta := map[string]any{
			"ulid": id.String(), "version": 1, "minTime": from * 1000, "maxTime": to * 1000,
			"stats":      map[string]any{"numSamples": numSamples, "numSeries": len(all), "numChunks": numChunks},
			"compaction": map[string]any{"level": 1, "sources": []string{id.String()}},
		}
		text, err := json.Marshal(meta)
		check(err)
		check(os.WriteFile(filepath.Join(folder, "meta.json"), text, 0o644))
	}
	fmt.Printf("{\"series\":%d,\"samples\":%d}\n", len(all), samples)
}

func encoded(class Class, value float64, random *mathrand.Rand, from, to, step int64) ([]chunks.Meta, float64) {
	var metas []chunks.Meta
	for at := from; at < to; {
		chunk := chunkenc.NewXORChunk()
		appender, err := chunk.Appender()
		check(err)
		meta := chunks.Meta{MinTime: at * 1000}
		for n := 0; n < samplesPerChunk && at < to; n++ {
			meta.MaxTime = at * 1000
			appender.Append(0, at*1000, value)
			value = next(class, value, random, at)
			at += step
		}
		meta.Chunk = chunk
		metas = append(metas, meta)
	}
	return metas, value
}

// A day has hours of much and of little work.
func next(class Class, value float64, random *mathrand.Rand, at int64) float64 {
	daily := 1 + 0.5*math.Sin(float64(at%86400)/86400*2*math.Pi)
	change := class.Step * daily * 2 * random.Float64()
	if class.Whole {
		change = math.Round(change)
	}
	if class.Counter {
		return value + change
	}
	return class.First + change
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
