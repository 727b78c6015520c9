using System;
using System.Globalization;
using System.Linq;
using KvmSharp.X86.Stress;
using KvmSharp.X86.Tests.Oracle;

const double DefaultSeconds = 10;
const string Usage = "usage: [--seconds S] [--trial NAME] [--seed HEX] [--list] | record";

double seconds = DefaultSeconds;
ulong seed = (ulong)Random.Shared.NextInt64();
string? only = null;
bool records = false;
for (int index = 0; index < args.Length; index++)
{
    switch (args[index])
    {
        case "--list":
            foreach (Trial trial in Trial.All)
                Console.WriteLine($"{trial.Name,-10} {trial.Promise}");
            return (int)Outcome.Pass;
        case "record" when args.Length == 1:
            records = true;
            break;
        case "--seconds" when index + 1 < args.Length
            && double.TryParse(args[index + 1], NumberStyles.Float, CultureInfo.InvariantCulture, out seconds)
            && seconds > 0:
            index++;
            break;
        case "--seed" when index + 1 < args.Length
            && ulong.TryParse(args[index + 1], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out seed):
            index++;
            break;
        case "--trial" when index + 1 < args.Length:
            only = args[++index];
            break;
        default:
            return Refuse($"{Usage}; not understood: {args[index]}");
    }
}
if (only is not null && Trial.All.All(trial => trial.Name != only))
    return Refuse($"no trial is called {only}; --list names them");

// The first thing: recorded results hold for the addresses of a process' first judge.
HardwareOracle? oracle = HardwareOracle.TryOpen(out string obstacle);
if (records)
{
    if (oracle is null)
        return Refuse($"nothing to record beside: {obstacle}");
    RecordedResults.Record(oracle);
    return (int)Outcome.Pass;
}
if (oracle is null)
    Console.Error.WriteLine($"the host's CPU cannot judge: {obstacle}");

Console.WriteLine($"seed {seed:x}");
TrialRunner.PrintHead();
TrialRunner runner = new(seed, TimeSpan.FromSeconds(seconds));
Outcome[] outcomes = [.. Trial.All.Where(trial => only is null || trial.Name == only).Select(trial => runner.Run(trial, oracle))];
return (int)(outcomes.Contains(Outcome.Failure) ? Outcome.Failure : outcomes.Max());

static int Refuse(string why)
{
    Console.Error.WriteLine(why);
    return (int)Outcome.Inconclusive;
}
