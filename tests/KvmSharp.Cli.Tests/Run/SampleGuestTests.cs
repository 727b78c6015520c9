using System;
using System.IO;
using System.Linq;
using KvmSharp.Lab.Vcpus;
using KvmSharp.Tests;
using Xunit;

namespace KvmSharp.Cli.Tests.Run;

/// <summary>The sample guests, and ordinary programs compiled as guests, on the software CPU.</summary>
public class SampleGuestTests
{
    [Theory]
    [InlineData("hello --memory 64M -- one two", "Hello from 64-bit mode: 64 MiB in 1 slot, 1 vCPU.\nArguments: one two\n")]
    [InlineData("hello --memory 5G --slots 3", "Hello from 64-bit mode: 5120 MiB in 3 slots, 1 vCPU.\n")]
    [InlineData("hello.multiboot --memory 64M -- one", "Hello from 64-bit mode: 64 MiB in 1 slot, 1 vCPU.\nArguments: one\n")]
    [InlineData("hello16.bin --memory 64K", "Hello from real mode: 0123456789\n")]
    [InlineData("sha256 -- 64", "1dd334fe06e447d46e556e9c8f958a3ee41eb8e4cdf3cd36af3cdeae98fd7854  64 KiB\n")]
    [InlineData("sort -- 5000", "5000 numbers in order, checksum 5a2a6a40\n")]
    [InlineData("walk --memory 16M --slots 2000", "2791 pages of 2000 slots, 1 round: all as written\n")]
    [InlineData("threads -- 20", "20 primes by 22 threads: the last is 71, their sum 639; 921 switches\n")]
    [InlineData("smp --cpus 2 -- 2000", "2 vCPUs, 2000 additions each: atomic 4000, locked 4000, by ticket 4000, exchanged 4000, out of order 0\n")]
    [InlineData("ticks16.bin --irqchip --cpus 4", "ten ticks of the timer\nothers that started: 3\nothers that took an interrupt: 3\n")]
    [InlineData("matrix -- 16", "16 rows, checksum fd0305df1e385a67\n")]
    public void A_sample_guest_says_what_it_should(string commandLine, string expected)
    {
        CommandRun run = CommandRun.Of($"run {Folder("samples/guests")}/{commandLine}");

        Assert.Equal(("", expected, ExitCode.Success), (run.Error, run.Out, run.ExitCode));
    }

    public static TheoryData<string> VcpuStoreNames => [.. VcpuStores.All.Select(store => store.Name)];

    public static TheoryData<string> SlotStoreNames => [.. SlotStores.All.Select(store => store.Name)];

    [Theory]
    [MemberData(nameof(VcpuStoreNames))]
    public void A_guest_runs_the_same_however_its_vcpus_are_kept(string store) => A_sample_guest_says_what_it_should(
        $"smp --cpus 3 --vcpu-store {store} -- 100",
        "3 vCPUs, 100 additions each: atomic 300, locked 300, by ticket 300, exchanged 300, out of order 0\n");

    [Theory]
    [MemberData(nameof(SlotStoreNames))]
    public void A_guest_runs_the_same_however_its_slots_are_kept(string store) => A_sample_guest_says_what_it_should(
        $"hello --memory 64M --slots 20 --slot-store {store}", "Hello from 64-bit mode: 64 MiB in 20 slots, 1 vCPU.\n");

    [Fact]
    public void Every_fault_of_paging_is_as_the_manuals_say()
    {
        CommandRun run = CommandRun.Of($"run {Folder("samples/guests")}/paging");

        Assert.EndsWith("all as the manuals say\n", run.Out, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Success, run.ExitCode);
    }

    [Theory]
    [InlineData("bodies")]
    [InlineData("compress")]
    [InlineData("digits")]
    [InlineData("lisp")]
    [InlineData("queens")]
    [InlineData("tree")]
    public void A_program_prints_what_it_prints_natively(string name)
    {
        string expected = File.ReadAllText($"{Folder("tests/Programs")}/expected/{name}.txt");

        foreach (string level in (string[])["O0", "O2"])
        {
            CommandRun run = CommandRun.Of($"run {Folder("tests/Programs")}/images/{name}-{level}");

            Assert.Equal(("", expected, ExitCode.Success), (run.Error, run.Out, run.ExitCode));
        }
    }

    [Theory]
    // An undefined instruction without a table of interrupts; a jump to itself.
    [InlineData("0f0b", "--mode long", "kvmsharp run: vCPU 0: a triple fault at 0008:100000\n")]
    [InlineData("ebfe", "--timeout 0.05", "kvmsharp run: the guest has not ended within 0.05 s\n")]
    public void A_guest_that_does_not_end_well_is_one_line_and_exit_code_1(string code, string options, string expected)
    {
        string path = Path.GetTempFileName();
        File.WriteAllBytes(path, Convert.FromHexString(code));

        CommandRun run = CommandRun.Of($"run {path} {options}");

        File.Delete(path);
        Assert.Equal((expected, "", ExitCode.Failed), (run.Error, run.Out, run.ExitCode));
    }

    [Fact]
    public void A_guest_that_halts_has_ended()
    {
        string path = Path.GetTempFileName();
        File.WriteAllBytes(path, [0xf4]);

        CommandRun run = CommandRun.Of($"run {path} --cpus 3");

        File.Delete(path);
        Assert.Equal(("", "", ExitCode.Success), (run.Error, run.Out, run.ExitCode));
    }

    static string Folder(string folder) => Path.Combine(RepositoryRoot.Path, folder);
}
