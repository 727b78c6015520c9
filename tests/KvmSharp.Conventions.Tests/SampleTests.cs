using System;
using System.Diagnostics;
using System.IO;
using System.Threading.Tasks;
using Xunit;

namespace KvmSharp.Conventions;

/// <summary>Samples do what they say, each in a process of its own.</summary>
public sealed class SampleTests
{
    static readonly TimeSpan _timeLimit = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task OwnCpu_runs_to_its_end()
    {
        (int exitCode, string output) = await Run("OwnCpu");
        Assert.True(exitCode == 0, $"exit code {exitCode}:\n{output}");
        Assert.Contains("[uart] both harts are done", output, StringComparison.Ordinal);
        Assert.Contains("shared counter: 40000 of 40000", output, StringComparison.Ordinal);
        Assert.EndsWith("OK\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReadmeExample_prints_what_it_should()
    {
        (int exitCode, string output) = await Run("ReadmeExample");
        Assert.True(exitCode == 0, $"exit code {exitCode}:\n{output}");
        Assert.Equal(
            """
            the guest counted from 42 to 43
            written since: gfn:[10005,10006)
            memory at the old place: False, so the access is Mmio
            at the new one: 43

            """.ReplaceLineEndings("\n"),
            output);
    }

    static async Task<(int ExitCode, string Output)> Run(string sample)
    {
        string program = Path.Combine(
            Repository.Root, "samples", sample, "bin", Repository.Configuration, "net10.0", $"{sample}.dll");
        Assert.True(File.Exists(program), $"{program} is not built: build the solution in the configuration of the tests");
        using Process process = Process.Start(new ProcessStartInfo(Environment.ProcessPath is { } path && IsDotnet(path) ? path : "dotnet")
        {
            ArgumentList = { program },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        Task exit = process.WaitForExitAsync();
        if (await Task.WhenAny(exit, Task.Delay(_timeLimit)) != exit)
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{sample} did not end within {_timeLimit}:\n{await output}{await errors}");
        }
        return (process.ExitCode, (await output + await errors).ReplaceLineEndings("\n"));
    }

    static bool IsDotnet(string path) => Path.GetFileNameWithoutExtension(path) == "dotnet";
}
