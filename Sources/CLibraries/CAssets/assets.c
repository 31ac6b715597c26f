#include "CAssets.h"

static const unsigned char lectern_css[] = {
#embed "../../../Assets/lectern.css"
};
static const unsigned char portal_js[] = {
#embed "../../../Assets/portal.js"
};
static const unsigned char favicon_svg[] = {
#embed "../../../Assets/favicon.svg"
};

const lectern_asset lectern_assets[] = {
    {"lectern.css", lectern_css, sizeof lectern_css},
    {"portal.js", portal_js, sizeof portal_js},
    {"favicon.svg", favicon_svg, sizeof favicon_svg},
};
const size_t lectern_asset_count = sizeof lectern_assets / sizeof lectern_assets[0];
