namespace KvmSharp.Litmus;

/// <summary>How an experiment ended; the numbers are the program's exit codes.</summary>
enum Outcome
{
    Pass = 0,
    Violation = 1,
    Inconclusive = 2,
}
