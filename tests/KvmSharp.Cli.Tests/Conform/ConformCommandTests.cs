using System;
using System.IO;
using KvmSharp.Hardware;
using Xunit;

namespace KvmSharp.Cli.Tests.Conform;

public sealed class ConformCommandTests
{
    [Fact]
    public void Our_machine_does_as_every_file_says()
    {
        CommandRun run = CommandRun.Of("conform --backend soft");

        Assert.True(run.ExitCode == ExitCode.Success, run.Out);
        Assert.Contains("conform/slots.kvm", run.Out, StringComparison.Ordinal);
    }

    [KvmFact]
    public void The_kernel_does_as_every_file_says_and_as_ours_does()
    {
        CommandRun run = CommandRun.Of("conform --backend both");

        Assert.True(run.ExitCode == ExitCode.Success, run.Out);
    }

    [KvmFact]
    public void Random_sequences_show_no_difference()
    {
        CommandRun run = CommandRun.Of("conform --random 2000 --seed 7");

        Assert.True(run.ExitCode == ExitCode.Success, run.Out);
        Assert.Contains("seed 7: no difference", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void A_line_that_goes_otherwise_is_told_with_what_came_of_it()
    {
        string file = Write("vm\nslot 0 size=4K hva=h => EEXIST\n");

        CommandRun run = CommandRun.Of($"conform --backend soft {file}");

        Assert.Equal(ExitCode.Failed, run.ExitCode);
        Assert.Contains("2: slot 0 size=4K hva=h => EEXIST\n      soft: ok\n", run.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sl0t 1", "1:1: there is no operation \"sl0t\"")]
    [InlineData("vm\n  slot", "2:7: \"slot\" needs a slot id")]
    [InlineData("slot 1 gpa=0x", "1:12: \"0x\" is not a number of 64 bits")]
    [InlineData("slot 1 gpa=1M+", "1:15: a number is missing")]
    [InlineData("slot 1 gpa=99999999999999999999", "1:12: \"99999999999999999999\" is not a number of 64 bits")]
    [InlineData("slot 1 gpa=(1", "1:12: a parenthesis is not closed")]
    [InlineData("slot 1 hva=h*2", "1:13: \"h\" can only be added")]
    [InlineData("slot 1 size=4K size=8K", "1:16: \"slot\" takes no \"size=\"")]
    [InlineData("slot 1 2", "1:8: \"slot\" takes no \"2\"")]
    [InlineData("slot 1 flags=log+wrong", "1:18: \"wrong\" is neither a number nor one of log, memfd, ro")]
    [InlineData("poke h zz", "1:8: \"zz\" is not bytes in hex")]
    [InlineData("=> ok", "1:1: an operation is missing")]
    [InlineData("vm =>", "1:6: nothing is expected after \"=>\"")]
    [InlineData("requires wings", "1:10: there is no feature \"wings\"")]
    [InlineData("repeat 0 vm", "1:8: \"0\" is not from 1 to 100000")]
    [InlineData("repeat 9 repeat 9 vm", "1:10: \"repeat\" cannot be repeated")]
    [InlineData("log 1 at=1M", "1:10: only an address in the first page is sure to be bad")]
    [InlineData("ioctl 0xae80 0", "1:7: only requests that can do no harm can be made so")]
    [InlineData("ioctl 0xae44 4096", "1:7: only an address in the first page is sure to be bad")]
    [InlineData("vcpu close", "1:11: \"vcpu\" needs an id")]
    [InlineData("run 0 kick=soon", "1:12: \"soon\" is not from 0 to 10000 ms")]
    [InlineData("run 0 kick=1M", "1:12: \"1M\" is not from 0 to 10000 ms")]
    [InlineData("window 0 maybe", "1:10: \"maybe\" is neither \"on\" nor \"off\"")]
    [InlineData("interrupt 0", "1:12: \"interrupt\" needs a vector")]
    [InlineData("memfd foreign", "1:14: \"memfd\" needs a name")]
    [InlineData("out 0 0x40", "1:11: \"out\" needs a value")]
    public void What_is_not_of_the_language_is_answered_with_line_and_column(string text, string message)
    {
        string file = Write(text);

        CommandRun run = CommandRun.Of($"conform --backend soft {file}");

        Assert.Equal((ExitCode.WrongUse, ""), (run.ExitCode, run.Out));
        Assert.StartsWith($"kvmsharp conform: {file}:{message}", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("vm\npoke h+64M 00")]
    [InlineData("vm\npeek 0 1")]
    [InlineData("vm\nvcpu 0\nwrite 0 4G 1")]
    [InlineData("vm\nstub 1 gpa=1M")]
    [InlineData("vm\ndiscard h+1 4K")]
    [InlineData("vm\ndiscard 0 4K")]
    [InlineData("vm\ndiscard h -4K")]
    [InlineData("vm\nout 0 0x10000 1")]
    [InlineData("vm\nslot 0 size=64K hva=0x10000\nvcpu 0\nrun 0")]
    [InlineData("vm\nstub 31\nslot 0 gpa=2M size=64M hva=h+4K\nvcpu 0\nread 0 0")]
    public void What_no_machine_can_do_is_answered_with_its_line(string text)
    {
        CommandRun run = CommandRun.Of($"conform --backend soft {Write(text)}");

        Assert.Equal(ExitCode.WrongUse, run.ExitCode);
        Assert.Contains(": line ", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Nesting_without_end_is_refused()
    {
        CommandRun run = CommandRun.Of($"conform --backend soft {Write("slot " + new string('(', 100_000))}");

        Assert.Equal(ExitCode.WrongUse, run.ExitCode);
        Assert.EndsWith("too deeply nested\n", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("conform --backend hard", "kvmsharp conform: unknown backend \"hard\"; known are soft, kvm, both")]
    [InlineData("conform --random 0", "kvmsharp conform: --random \"0\" is not a number from 1")]
    [InlineData("conform --random 5 file", "kvmsharp conform: files and --random do not go together")]
    [InlineData("conform --seed 5", "kvmsharp conform: --seed, --operations and --output go with --random")]
    [InlineData("conform --random 5 --backend soft", "kvmsharp conform: --random compares two machines: --backend both")]
    [InlineData("conform --random 5 --operations slat", "kvmsharp conform: unknown operation \"slat\"; known are slot, log, ring, vcpu, ioevent, memfd, irq")]
    public void Wrong_use_is_answered_with_one_line(string commandLine, string message)
    {
        CommandRun run = CommandRun.Of(commandLine);

        Assert.Equal((ExitCode.WrongUse, "", message + '\n'), (run.ExitCode, run.Out, run.Error));
    }

    [Fact]
    public void A_file_that_is_not_there_is_told() =>
        Assert.Equal(ExitCode.WrongUse, CommandRun.Of("conform --backend soft /nonexistent.kvm").ExitCode);

    static string Write(string text)
    {
        string path = Path.Combine(Path.GetTempPath(), $"kvmsharp-{Guid.NewGuid():N}.kvm");
        File.WriteAllText(path, text);
        return path;
    }

    sealed class KvmFactAttribute : FactAttribute
    {
        public KvmFactAttribute()
        {
            string? reason = "it is Linux'";
            if (!OperatingSystem.IsLinux() || !new HardwareBackend().IsAvailable(out reason))
                Skip = $"no machines on /dev/kvm here: {reason}";
        }
    }
}
