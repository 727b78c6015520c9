using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using KvmSharp.Lab.Scale;

namespace KvmSharp.Lab.Results;

/// <summary>
/// Reads what <c>kvmsharp perf --json</c> and <c>kvmsharp scale --json</c> write, and believes nothing unchecked.
/// </summary>
/// <param name="vocabulary">The names and ranges that may stand in it.</param>
public sealed class ResultReader(ResultVocabulary vocabulary)
{
    const int Schema = 1;

    /// <summary>Reads a document.</summary>
    /// <param name="source">Where it comes from, for messages.</param>
    /// <param name="json">The document.</param>
    /// <exception cref="ResultFormatException">It is not a result file, or something in it cannot be.</exception>
    public ResultFile Read(string source, string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            return Read(source, new JsonPlace(document.RootElement, ""));
        }
        catch (JsonException exception)
        {
            throw new ResultFormatException(
                $"not JSON: line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1}", exception);
        }
    }

    ResultFile Read(string source, JsonPlace root)
    {
        long schema = root.Member("schema").Whole(1);
        if (schema != Schema)
            throw new ResultFormatException($"schema {schema} is not one that this program reads; it reads {Schema}");
        if (root.Find("secondsPerTest") is not null)
            return ReadPerf(source, root);
        if (root.Find("secondsPerCase") is not null)
            return ReadScale(source, root);
        if (root.Find("phases") is not null)
            return ReadDirtyPerf(source, root);
        throw new ResultFormatException("neither results of perf nor of scale: secondsPerTest, phases and secondsPerCase are missing");
    }

    PerfFile ReadPerf(string source, JsonPlace root)
    {
        PerfFigure[] figures = [.. root.Member("results").Items().Select(ReadPerfFigure)];
        RequireDifferent(figures.Select(figure => $"{figure.Test} with {figure.Slots} slots in {figure.Store}"));
        return new PerfFile(
            source,
            ReadMachine(root.Member("machine")),
            root.Find("command")?.Text(),
            root.Member("complete").Truth(),
            ReadStore(root.Member("defaultStore")),
            ReadStore(root.Member("baselineStore")),
            root.Member("secondsPerTest").PositiveAmount(),
            (int)root.Member("runs").Whole(1, int.MaxValue),
            root.Find("guest")?.TextOf("guest", vocabulary.Guests) ?? vocabulary.Guests[0],
            figures,
            [.. root.Member("notPossible").Items().Select(ReadImpossibility)]);
    }

    PerfFigure ReadPerfFigure(JsonPlace row) => new(
        ReadTest(row),
        ReadSlots(row),
        ReadStore(row.Member("store")),
        row.Member("secondsPerIteration").PositiveAmount(),
        row.Member("iterations").Whole(1));

    PerfImpossibility ReadImpossibility(JsonPlace row) => new(
        ReadTest(row), ReadSlots(row), row.Member("reason").Text(), row.Find("store") is { } store ? ReadStore(store) : null);

    static DirtyPerfFile ReadDirtyPerf(string source, JsonPlace root) => new(
        source,
        ReadMachine(root.Member("machine")),
        root.Find("command")?.Text(),
        root.Member("complete").Truth(),
        new DirtyPerfLoad(
            (int)root.Member("megabytesPerVcpu").Whole(1, int.MaxValue),
            (int)root.Member("slots").Whole(1, int.MaxValue),
            (int)root.Member("vcpus").Whole(1, int.MaxValue),
            root.Member("writeFraction").PositiveAmount()),
        [
            .. root.Member("phases").Items().Select(ReadPhase)
                // A restore is another one with other pages; the rest comes again and again.
                .GroupBy(row => (row.Mode, row.Phase, Pages: row.Phase == DirtyPerfFile.RestorePhase ? row.Pages : null))
                .Select(rows => rows.First() with { Seconds = [.. rows.SelectMany(row => row.Seconds)] }),
        ],
        [.. root.Member("stalls").Items().Select(row => new DirtyStallFigure(
            row.Member("mode").Text(),
            row.Member("cause").Text(),
            row.Member("count").Whole(0),
            row.Member("seconds").Amount()))]);

    static DirtyPhaseFigure ReadPhase(JsonPlace row) => new(
        row.Member("mode").Text(),
        row.Member("phase").Text(),
        row.Find("pages")?.Whole(0),
        [row.Member("seconds").PositiveAmount()]);

    string ReadStore(JsonPlace place) => ReadDesign(place, "store", vocabulary.Stores);

    static string ReadDesign(JsonPlace place, string kind, IReadOnlyList<string> known)
    {
        string name = place.Text();
        return known.Contains(DesignName.WithoutBound(name)) ? name : place.TextOf(kind, known);
    }

    string ReadTest(JsonPlace row) => row.Member("test").TextOf("test", [.. vocabulary.Tests.Select(test => test.Name)]);

    int ReadSlots(JsonPlace row) => (int)row.Member("slots").Whole(vocabulary.LeastSlots, vocabulary.MostSlots);

    ScaleFile ReadScale(string source, JsonPlace root)
    {
        ScaleFigure[] figures = [.. root.Member("results").Items().Select(ReadScaleFigure)];
        RequireDifferent(figures.Select(figure =>
            $"{figure.Subject} {figure.Operation} of {figure.Design} at {figure.Count} {figure.Variant}".TrimEnd()));
        return new ScaleFile(
            source,
            ReadMachine(root.Member("machine")),
            root.Find("command")?.Text(),
            root.Member("complete").Truth(),
            root.Member("secondsPerCase").PositiveAmount(),
            figures,
            [.. root.Member("published").Items().Select(ReadPublished)]);
    }

    ScaleFigure ReadScaleFigure(JsonPlace row)
    {
        string name = row.Member("subject").TextOf("subject", [.. vocabulary.Subjects.Select(known => known.Name)]);
        ScaleSubject subject = vocabulary.Subjects.Single(known => known.Name == name);
        return new ScaleFigure(
            name,
            row.Member("operation").TextOf("operation", [.. subject.Operations.Select(operation => operation.Name)]),
            ReadDesign(row.Member("design"), subject.DesignNoun, subject.Designs),
            row.Member("count").Whole(subject.Axis.Least, subject.Axis.Most),
            new ScaleVariant(
                row.Find("shuffled")?.Truth(),
                (int?)row.Find("set")?.Whole(0, int.MaxValue),
                row.Find("dirty")?.Whole(0),
                (int?)row.Find("threads")?.Whole(1, int.MaxValue)),
            ReadMeasure(row),
            row.Member("default").Truth());
    }

    static ScaleMeasure ReadMeasure(JsonPlace row)
    {
        double? nanoseconds = row.Find("nanoseconds")?.Amount();
        double? low = row.Find("lowNanoseconds")?.Amount();
        double? high = row.Find("highNanoseconds")?.Amount();
        double? bytes = row.Find("bytes")?.Amount();
        long? comparisons = row.Find("comparisons")?.Whole(0);
        if (nanoseconds is null && bytes is null && comparisons is null)
            row.Member("nanoseconds");
        if (low > nanoseconds)
            throw new ResultFormatException($"{row.Member("lowNanoseconds")} is more than the median");
        if (high < nanoseconds)
            throw new ResultFormatException($"{row.Member("highNanoseconds")} is less than the median");
        return new ScaleMeasure(
            nanoseconds,
            low,
            high,
            (int?)row.Find("samples")?.Whole(1, int.MaxValue),
            bytes,
            row.Find("note")?.Text(),
            comparisons);
    }

    static PublishedFigure ReadPublished(JsonPlace row) => new(
        row.Member("source").Text(),
        row.Member("what").Text(),
        row.Member("unit").Text(),
        row.Find("published")?.Amount(),
        row.Find("computed")?.Amount(),
        row.Find("note")?.Text());

    static MachineDescription ReadMachine(JsonPlace machine) => new(
        machine.Member("os").Text(),
        machine.Member("cpu").Text(),
        (int)machine.Member("cores").Whole(1, int.MaxValue),
        machine.Member("architecture").Text(),
        machine.Member("runtime").Text(),
        machine.Member("memoryBytes").Whole(0),
        machine.Find("commit")?.Text());

    static void RequireDifferent(IEnumerable<string> rows)
    {
        var seen = new HashSet<string>();
        foreach (string row in rows)
        {
            if (!seen.Add(row))
                throw new ResultFormatException($"results has two rows of {row}");
        }
    }
}
