#include "CAssets.h"

static const unsigned char lectern_css[] = {
#embed "../../../Assets/lectern.css"
};
static const unsigned char portal_js[] = {
#embed "../../../Assets/portal.js"
};
static const unsigned char admin_css[] = {
#embed "../../../Assets/admin.css"
};
static const unsigned char admin_js[] = {
#embed "../../../Assets/admin.js"
};
static const unsigned char favicon_svg[] = {
#embed "../../../Assets/favicon.svg"
};
static const unsigned char room_css[] = {
#embed "../../../Assets/room.css"
};
static const unsigned char print_js[] = {
#embed "../../../Assets/print.js"
};
static const unsigned char waiting_js[] = {
#embed "../../../Assets/waiting.js"
};
static const unsigned char openapi_json[] = {
#embed "../../../Assets/openapi.json"
};

// Made by the scripts Assets/build-*. A tree where they have not run builds all the same: its pages stand still.
static const unsigned char room_js[] = {
#if __has_embed("../../../.build/assets/room.js") == 1
#embed "../../../.build/assets/room.js"
#else
    '\n'
#endif
};
static const unsigned char xterm_js[] = {
#if __has_embed("../../../.build/assets/xterm.js") == 1
#embed "../../../.build/assets/xterm.js"
#else
    '\n'
#endif
};
static const unsigned char xterm_css[] = {
#if __has_embed("../../../.build/assets/xterm.css") == 1
#embed "../../../.build/assets/xterm.css"
#else
    '\n'
#endif
};
static const unsigned char highlight_js[] = {
#if __has_embed("../../../.build/assets/highlight.js") == 1
#embed "../../../.build/assets/highlight.js"
#else
    '\n'
#endif
};
static const unsigned char editor_js[] = {
#if __has_embed("../../../.build/assets/editor.js") == 1
#embed "../../../.build/assets/editor.js"
#else
    '\n'
#endif
};
static const unsigned char editor_css[] = {
#if __has_embed("../../../.build/assets/editor.css") == 1
#embed "../../../.build/assets/editor.css"
#else
    '\n'
#endif
};

const lectern_asset lectern_assets[] = {
    {"lectern.css", lectern_css, sizeof lectern_css},
    {"portal.js", portal_js, sizeof portal_js},
    {"admin.css", admin_css, sizeof admin_css},
    {"admin.js", admin_js, sizeof admin_js},
    {"favicon.svg", favicon_svg, sizeof favicon_svg},
    {"room.css", room_css, sizeof room_css},
    {"room.js", room_js, sizeof room_js},
    {"waiting.js", waiting_js, sizeof waiting_js},
    {"openapi.json", openapi_json, sizeof openapi_json},
    {"print.js", print_js, sizeof print_js},
    {"highlight.js", highlight_js, sizeof highlight_js},
    {"xterm.js", xterm_js, sizeof xterm_js},
    {"xterm.css", xterm_css, sizeof xterm_css},
    {"editor.js", editor_js, sizeof editor_js},
    {"editor.css", editor_css, sizeof editor_css},
};
const size_t lectern_asset_count = sizeof lectern_assets / sizeof lectern_assets[0];
