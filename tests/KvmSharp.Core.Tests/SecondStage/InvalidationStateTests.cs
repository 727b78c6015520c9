using System;
using KvmSharp.Addresses;
using KvmSharp.SecondStage;
using Xunit;

namespace KvmSharp.Tests.SecondStage;

public class InvalidationStateTests
{
    static readonly GfnRange _ten = new(new Gfn(0x10), 0x10);
    static readonly Gfn _inside = new(0x1f);
    static readonly Gfn _outside = new(0x20);

    readonly InvalidationState _state = new();

    [Fact]
    public void Nothing_in_progress_and_nothing_ended_lets_a_fault_through()
    {
        ulong snapshot = _state.ReadSequence();
        Assert.False(_state.MustRetry(snapshot, _inside));
        Assert.False(_state.MustRetryAny(snapshot));
        Assert.True(_state.Range.IsEmpty);
    }

    [Fact]
    public void In_progress_sends_back_the_frames_of_the_range_only()
    {
        _state.BeginLocked(_ten);
        ulong snapshot = _state.ReadSequence();
        Assert.True(_state.MustRetry(snapshot, _inside));
        Assert.True(_state.MustRetry(snapshot, new Gfn(0x10)));
        Assert.False(_state.MustRetry(snapshot, _outside));
        Assert.False(_state.MustRetry(snapshot, new Gfn(0xf)));
        Assert.True(_state.MustRetryAny(snapshot));
    }

    [Fact]
    public void Begin_alone_does_not_move_the_sequence()
    {
        _state.BeginLocked(_ten);
        Assert.Equal(0UL, _state.Sequence);
        Assert.Equal(1, _state.InProgress);
    }

    [Fact]
    public void An_end_sends_back_every_frame_of_an_older_snapshot()
    {
        ulong snapshot = _state.ReadSequence();
        _state.BeginLocked(_ten);
        _state.EndLocked();
        Assert.True(_state.MustRetry(snapshot, _inside));
        Assert.True(_state.MustRetry(snapshot, _outside));
        Assert.True(_state.MustRetryAny(snapshot));
        Assert.False(_state.MustRetry(_state.ReadSequence(), _inside));
    }

    [Fact]
    public void The_sequence_moves_once_for_each_end()
    {
        _state.BeginLocked(_ten);
        _state.BeginLocked(_ten);
        _state.EndLocked();
        Assert.Equal(1UL, _state.Sequence);
        Assert.Equal(1, _state.InProgress);
        _state.EndLocked();
        Assert.Equal(2UL, _state.Sequence);
        Assert.Equal(0, _state.InProgress);
    }

    [Fact]
    public void Overlapping_invalidations_accumulate_what_lies_between_them_too()
    {
        _state.BeginLocked(_ten);
        _state.BeginLocked(new GfnRange(new Gfn(0x40), 1));
        Assert.Equal(new GfnRange(new Gfn(0x10), 0x31), _state.Range);
        Assert.True(_state.MustRetry(_state.ReadSequence(), new Gfn(0x30)));
    }

    [Fact]
    public void The_range_does_not_shrink_while_any_is_in_progress()
    {
        _state.BeginLocked(_ten);
        _state.BeginLocked(new GfnRange(new Gfn(0x40), 1));
        _state.EndLocked();
        Assert.Equal(new GfnRange(new Gfn(0x10), 0x31), _state.Range);
    }

    [Fact]
    public void The_first_of_a_new_series_starts_the_range_afresh()
    {
        _state.BeginLocked(GfnRange.All);
        _state.EndLocked();
        _state.BeginLocked(_ten);
        Assert.Equal(_ten, _state.Range);
        Assert.False(_state.MustRetry(_state.ReadSequence(), _outside));
    }

    [Fact]
    public void A_full_range_sends_every_fault_back()
    {
        _state.BeginLocked(GfnRange.All);
        Assert.True(_state.MustRetry(_state.ReadSequence(), default));
        Assert.True(_state.MustRetry(_state.ReadSequence(), new Gfn((1UL << 40) - 1)));
    }

    [Fact]
    public void An_end_without_a_begin_is_fatal_and_changes_nothing()
    {
        Assert.Throws<InvalidOperationException>(_state.EndLocked);
        Assert.Equal(0, _state.InProgress);
        Assert.Equal(0UL, _state.Sequence);
    }

    [Fact]
    public void An_empty_range_is_refused() => Assert.Throws<ArgumentException>(() => _state.BeginLocked(default));
}
