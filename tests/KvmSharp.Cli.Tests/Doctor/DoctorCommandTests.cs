using System;
using System.Linq;
using System.Text.Json;
using KvmSharp.Cli.Doctor;
using KvmSharp.Hardware;
using Xunit;

namespace KvmSharp.Cli.Tests.Doctor;

public sealed class DoctorCommandTests
{
    [Fact]
    public void A_machine_without_the_device_is_told_what_to_do()
    {
        CommandRun run = CommandRun.Of("doctor --device /nonexistent/kvm");

        Assert.Equal((ExitCode.NotSupported, ""), (run.ExitCode, run.Error));
        Assert.Contains("missing  /nonexistent/kvm is not there\n", run.Out, StringComparison.Ordinal);
        Assert.Contains("fix: there is no such device", run.Out, StringComparison.Ordinal);
        Assert.Contains("real mode               unknown", run.Out, StringComparison.Ordinal);
        Assert.EndsWith("the software CPU needs none of this.\n", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_device_is_not_taken_for_it()
    {
        Diagnosis diagnosis = DoctorCommand.Diagnose("/dev/null");

        Finding version = diagnosis.Findings.Single(finding => finding.Subject == Subject.ApiVersion);
        Assert.Equal(Condition.Missing, version.Condition);
        Assert.Contains("ENOTTY", version.Detail, StringComparison.Ordinal);
        Assert.False(diagnosis.Usable);
    }

    [Theory]
    [InlineData(Condition.Ok, Condition.Ok, "Guests run on /dev/kvm.")]
    [InlineData(Condition.Ok, Condition.Missing, "Guests that stay in real mode run on /dev/kvm, others on the software CPU.")]
    [InlineData(Condition.Ok, Condition.Limited, "Guests run on /dev/kvm, in long mode not all; the software CPU runs those too.")]
    [InlineData(Condition.Missing, Condition.Ok, "Guests that begin in long mode run on /dev/kvm, others on the software CPU.")]
    [InlineData(Condition.Unknown, Condition.Unknown, "No guests run on /dev/kvm; the software CPU needs none of this.")]
    public void The_last_line_says_which_guests_run(Enum realMode, Enum longMode, string verdict) =>
        Assert.Equal(
            verdict,
            Diagnosis.Verdict([new Finding(Subject.RealMode, (Condition)realMode, ""), new Finding(Subject.LongMode, (Condition)longMode, "")]));

    [Fact]
    public void Each_subject_is_found_once_and_in_order()
    {
        Diagnosis diagnosis = DoctorCommand.Diagnose("/nonexistent/kvm");

        Assert.Equal(Enum.GetValues<Subject>(), diagnosis.Findings.Select(finding => finding.Subject));
    }

    [Fact]
    public void What_is_missing_comes_with_a_fix()
    {
        Diagnosis diagnosis = DoctorCommand.Diagnose("/dev/null");

        Assert.All(
            diagnosis.Findings.Where(finding => finding.Condition == Condition.Missing), finding => Assert.NotNull(finding.Fix));
    }

    [Fact]
    public void Programs_get_names_and_a_schema()
    {
        CommandRun run = CommandRun.Of("doctor --json --device /nonexistent/kvm");

        using JsonDocument document = JsonDocument.Parse(run.Out);
        Assert.Equal(Diagnosis.CurrentSchema, document.RootElement.GetProperty("schema").GetInt32());
        Assert.False(document.RootElement.GetProperty("usable").GetBoolean());
        JsonElement device = document.RootElement.GetProperty("findings").EnumerateArray()
            .Single(finding => finding.GetProperty("subject").GetString() == "Device");
        Assert.Equal("Missing", device.GetProperty("condition").GetString());
    }

    [Fact]
    public void This_machine_is_usable_if_machines_can_be_created_and_run()
    {
        bool available = OperatingSystem.IsLinux() && new HardwareBackend().IsAvailable(out _);

        CommandRun run = CommandRun.Of("doctor");

        Assert.Equal(available ? ExitCode.Success : ExitCode.NotSupported, run.ExitCode);
    }
}
