/* Doubles and floats: planets that attract each other, a fractal, square roots, conversions; printed as whole numbers. */
#include "program.h"

struct body {
    double x, y, z, vx, vy, vz, mass;
};

static struct body bodies[5] = {
    { 0, 0, 0, 0, 0, 0, 39.47841760435743 },
    { 4.841431442464721, -1.1603200440274284, -0.10362204447112311, 0.606326392995832, 2.81198684491626, -0.02521836165988763, 0.03769367487038949 },
    { 8.34336671824458, 4.124798564124305, -0.4035234171143214, -1.0107743461787924, 1.8256623712304119, 0.008415761376584154, 0.011286326131968767 },
    { 12.894369562139131, -15.111151401698631, -0.22330757889265573, 1.0827910064415354, 0.8687130181696082, -0.010832637401363636, 0.0017237240570597112 },
    { 15.379697114850917, -25.919314609987964, 0.17925877295037118, 0.979090732243898, 0.5946989986476762, -0.034755955504078104, 0.0020336868699246304 },
};

static double square_root(double value)
{
    double root;
    __asm__("sqrtsd %1, %0" : "=x"(root) : "x"(value));
    return root;
}

static double energy(void)
{
    double sum = 0;
    for (int i = 0; i < 5; i++) {
        struct body *a = &bodies[i];
        sum += 0.5 * a->mass * (a->vx * a->vx + a->vy * a->vy + a->vz * a->vz);
        for (int j = i + 1; j < 5; j++) {
            struct body *b = &bodies[j];
            double dx = a->x - b->x, dy = a->y - b->y, dz = a->z - b->z;
            sum -= a->mass * b->mass / square_root(dx * dx + dy * dy + dz * dz);
        }
    }
    return sum;
}

static void advance(double step)
{
    for (int i = 0; i < 5; i++)
        for (int j = i + 1; j < 5; j++) {
            struct body *a = &bodies[i], *b = &bodies[j];
            double dx = a->x - b->x, dy = a->y - b->y, dz = a->z - b->z;
            double square = dx * dx + dy * dy + dz * dz;
            double magnitude = step / (square * square_root(square));
            a->vx -= dx * b->mass * magnitude;
            a->vy -= dy * b->mass * magnitude;
            a->vz -= dz * b->mass * magnitude;
            b->vx += dx * a->mass * magnitude;
            b->vy += dy * a->mass * magnitude;
            b->vz += dz * a->mass * magnitude;
        }
    for (int i = 0; i < 5; i++) {
        bodies[i].x += step * bodies[i].vx;
        bodies[i].y += step * bodies[i].vy;
        bodies[i].z += step * bodies[i].vz;
    }
}

static int escapes_after(float cx, float cy)
{
    float x = 0, y = 0;
    int steps = 0;
    for (; steps < 60 && x * x + y * y < 4.0f; steps++) {
        float next = x * x - y * y + cx;
        y = 2.0f * x * y + cy;
        x = next;
    }
    return steps;
}

int program(void)
{
    unsigned long inside = 0, steps = 0;
    double sum = 0;
    print("energy %ld\n", (long)(energy() * 1e15));
    for (int i = 0; i < 2000; i++)
        advance(0.01);
    print("energy %ld\n", (long)(energy() * 1e15));
    for (int row = 0; row < 24; row++) {
        for (int column = 0; column < 64; column++) {
            int after = escapes_after((float)column / 24.0f - 2.0f, (float)row / 12.0f - 1.0f);
            print("%c", after == 60 ? '#' : after > 8 ? '+' : '.');
            inside += after == 60;
            steps += (unsigned long)after;
        }
        print("\n");
    }
    for (int i = -1000; i < 1000; i++) {
        float single = (float)i / 7.0f;
        sum += (double)single * (double)(int)(single * 3.0f) + (double)(unsigned char)i;
        sum /= 1.0 + (i & 1 ? 1e-3 : 1e-9);
    }
    print("%lu %lu %ld\n", inside, steps, (long)(sum * 1e6));
    return 0;
}
