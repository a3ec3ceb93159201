/* The camera: opens for one viewer after the other and sends a picture for every size it can do. */
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "camera.h"

enum { MOST_PIXELS = 1 << 20, TOO_LARGE = 1 };

static const char name[] = "camera";
static uint64_t seq;

/* A gradient with a title. */
static Frame shoot(uint32_t width, uint32_t height)
{
    static uint8_t row[MOST_PIXELS];
    char title[64];
    int n = snprintf(title, sizeof title, "picture %llu", (unsigned long long)seq + 1);
    Text text = Text_new((uint32_t)n);
    Text_bytes_write(text, 0, title, (uint32_t)n);
    Frame frame = Frame_new(width * height);
    Frame_seq_set(frame, ++seq);
    Frame_title_put(frame, text);
    for (uint32_t y = 0; y < height; y++) {
        for (uint32_t x = 0; x < width; x++)
            row[x] = (uint8_t)(x + y);
        Frame_pixels_write(frame, y * width, row, width);
    }
    return frame;
}

/* In state Opening: answers one request. */
static void answer(Camera_exp ep, uint32_t width, uint32_t height)
{
    if (width > MOST_PIXELS || height > MOST_PIXELS || (uint64_t)width * height > MOST_PIXELS) {
        printf("camera: %u x %u: too large\n", width, height);
        Camera_exp_send_Refused(ep, TOO_LARGE);
    } else {
        printf("camera: %u x %u: sent\n", width, height);
        Camera_exp_send_Picture(ep, (int64_t)time(NULL), shoot(width, height));
    }
}

/* One viewer, until it says Close or its end is gone. */
static void serve(Camera_exp ep)
{
    struct Camera_Open size;
    for (;;) {
        switch (Camera_exp_next(ep)) {
        case CAMERA_TAG_Open:
            Camera_exp_recv_Open(ep, &size);
            answer(ep, size.width, size.height);
            break;
        case CAMERA_TAG_Close:
            Camera_exp_recv_Close(ep);
            Camera_exp_close(ep);
            return;
        default:
            Camera_exp_close(ep);
            return;
        }
    }
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    Camera_listener listener = Camera_exp_listen(name, sizeof name - 1);
    if (singula_is_null(listener))
        return 1;
    for (;;) {
        Camera_exp ep = Camera_listener_accept(listener);
        if (singula_is_null(ep))
            break;
        serve(ep);
    }
    Camera_listener_close(listener);
    return 0;
}
