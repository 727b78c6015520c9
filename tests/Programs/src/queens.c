/* Backtracking: queens on boards of several sizes, a knight's tour, and a sudoku. */
#include "program.h"

static unsigned long queens(unsigned all, unsigned columns, unsigned left, unsigned right)
{
    unsigned long solutions = 0;
    if (columns == all)
        return 1;
    for (unsigned free = all & ~(columns | left | right); free;) {
        unsigned place = free & -free;
        free ^= place;
        solutions += queens(all, columns | place, (left | place) << 1, (right | place) >> 1);
    }
    return solutions;
}

static signed char board[8][8];
static const signed char moves[8][2] = { { 1, 2 }, { 2, 1 }, { 2, -1 }, { 1, -2 }, { -1, -2 }, { -2, -1 }, { -2, 1 }, { -1, 2 } };

static int is_free(int x, int y)
{
    return x >= 0 && x < 8 && y >= 0 && y < 8 && board[x][y] == 0;
}

static int ways_on(int x, int y)
{
    int ways = 0;
    for (int move = 0; move < 8; move++)
        ways += is_free(x + moves[move][0], y + moves[move][1]);
    return ways;
}

/* Warnsdorff's rule: go where the fewest ways lead on. */
static int tour(int x, int y, int step)
{
    board[x][y] = (signed char)step;
    if (step == 64)
        return 1;
    for (int fewest = 0; fewest < 8; fewest++)
        for (int move = 0; move < 8; move++) {
            int to_x = x + moves[move][0], to_y = y + moves[move][1];
            if (is_free(to_x, to_y) && ways_on(to_x, to_y) == fewest && tour(to_x, to_y, step + 1))
                return 1;
        }
    board[x][y] = 0;
    return 0;
}

static char cells[82] = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79";
static unsigned long tries;

static int fits(int cell, char digit)
{
    int row = cell / 9, column = cell % 9, box = row / 3 * 27 + column / 3 * 3;
    for (int i = 0; i < 9; i++)
        if (cells[row * 9 + i] == digit || cells[i * 9 + column] == digit || cells[box + i / 3 * 9 + i % 3] == digit)
            return 0;
    return 1;
}

static int solve(int cell)
{
    while (cell < 81 && cells[cell] != '.')
        cell++;
    if (cell == 81)
        return 1;
    for (char digit = '1'; digit <= '9'; digit++) {
        tries++;
        if (!fits(cell, digit))
            continue;
        cells[cell] = digit;
        if (solve(cell + 1))
            return 1;
        cells[cell] = '.';
    }
    return 0;
}

int program(void)
{
    for (unsigned size = 4; size <= 10; size++)
        print("%u queens: %lu\n", size, queens((1u << size) - 1, 0, 0, 0));
    print("knight: %d\n", tour(0, 0, 1));
    for (int x = 0; x < 8; x++) {
        for (int y = 0; y < 8; y++)
            print("%3d", board[x][y]);
        print("\n");
    }
    print("sudoku: %d\n", solve(0));
    for (int row = 0; row < 9; row++) {
        for (int column = 0; column < 9; column++)
            print("%c", cells[row * 9 + column]);
        print("\n");
    }
    print("%lu tries\n", tries);
    return 0;
}
