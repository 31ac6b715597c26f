#include "CAssets.h"

static const unsigned char lectern_css[] = {
#embed "../../../Assets/lectern.css"
};

const lectern_asset lectern_assets[] = {
    {"lectern.css", lectern_css, sizeof lectern_css},
};
const size_t lectern_asset_count = sizeof lectern_assets / sizeof lectern_assets[0];
