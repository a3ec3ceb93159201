/* The viewer: asks for pictures of several sizes; the camera refuses what is too large. */
#include <stdint.h>
#include <stdio.h>

#include "camera.h"

static const char name[] = "camera";
static uint8_t pixels[1 << 20];

/* Prints what is on a frame and frees it. */
static void show(Frame frame)
{
    char title[64];
    uint32_t n = Frame_pixels_len(frame);
    unsigned sum = 0;
    Text text = Frame_title_take(frame);
    uint32_t length = Text_bytes_len(text);
    length = length < sizeof title - 1 ? length : sizeof title - 1;
    Text_bytes_read(text, 0, title, length);
    title[length] = 0;
    Text_free(text);
    Frame_pixels_read(frame, 0, pixels, n);
    for (uint32_t i = 0; i < n; i++)
        sum += pixels[i];
    printf("viewer: %s (number %llu), %u pixels, sum %u\n", title,
           (unsigned long long)Frame_seq_get(frame), n, sum);
    Frame_free(frame);
}

/* Asks for something that cannot be had. Afterwards the endpoint is in Start, or in Ready if it
 * could. */
static void overreach(Camera_imp ep)
{
    struct Camera_Picture picture;
    struct Camera_Refused refused;
    Camera_imp_send_Open(ep, 65536, 65536);
    if (Camera_imp_next(ep) == CAMERA_TAG_Picture) {
        show(Camera_imp_recv_Picture(ep, &picture));
    } else {
        Camera_imp_recv_Refused(ep, &refused);
        printf("viewer: 65536 x 65536 refused, reason %d\n", refused.why);
    }
}

/* Asks for a picture that is surely not too large, and shows it. */
static void look(Camera_imp ep, uint32_t width, uint32_t height)
{
    struct Camera_Picture picture;
    Camera_imp_send_Open(ep, width, height);
    show(Camera_imp_recv_Picture(ep, &picture));
}

int main(void)
{
    Camera_imp ep = Camera_imp_connect(name, sizeof name - 1);
    if (singula_is_null(ep)) {
        fprintf(stderr, "viewer: nobody publishes %s\n", name);
        return 1;
    }
    overreach(ep);
    look(ep, 320, 200);
    look(ep, 640, 480);
    Camera_imp_send_Close(ep);
    Camera_imp_close(ep);
    return 0;
}
